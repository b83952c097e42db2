"""The one door of this room."""

from postwarden.relocation.acts import Repair, repair_of
from postwarden.relocation.carrying import Outside
from postwarden.relocation.content import canonical, content_hash
from postwarden.relocation.desk import Progress, RepairDesk, Stuck
from postwarden.relocation.errors import (
    AmbiguousRouteError,
    NothingToRepair,
    PermanentRouteError,
    RelocationError,
    TemporaryRouteError,
)
from postwarden.relocation.gathering import candidates, stores_of
from postwarden.relocation.planning import Surroundings, Wish, plan
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
from postwarden.relocation.records import repairs
from postwarden.relocation.rules import Outcome, Why

__all__ = [
    "Absence",
    "AmbiguousRouteError",
    "NothingToRepair",
    "Original",
    "Outcome",
    "Outside",
    "Parcel",
    "PermanentRouteError",
    "Progress",
    "RelocationError",
    "Repair",
    "RepairDesk",
    "Room",
    "Route",
    "Stuck",
    "Surroundings",
    "TemporaryRouteError",
    "Ticket",
    "Wanted",
    "Where",
    "Why",
    "Wish",
    "candidates",
    "canonical",
    "content_hash",
    "plan",
    "repair_of",
    "repairs",
    "stores_of",
]
