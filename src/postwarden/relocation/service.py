"""The one door of this room."""

from postwarden.relocation.content import canonical, content_hash
from postwarden.relocation.errors import (
    AmbiguousRouteError,
    NothingToRepair,
    PermanentRouteError,
    RelocationError,
    TemporaryRouteError,
)
from postwarden.relocation.ports import (
    Absence,
    Original,
    Parcel,
    Room,
    Route,
    Ticket,
    Wanted,
    Where,
)

__all__ = [
    "Absence",
    "AmbiguousRouteError",
    "NothingToRepair",
    "Original",
    "Parcel",
    "PermanentRouteError",
    "RelocationError",
    "Room",
    "Route",
    "TemporaryRouteError",
    "Ticket",
    "Wanted",
    "Where",
    "canonical",
    "content_hash",
]
