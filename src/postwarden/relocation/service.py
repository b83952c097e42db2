"""The one door of this room."""

from postwarden.relocation.accounting import Counted, Seen
from postwarden.relocation.acts import BY_FILTER, BY_LMTP, INBOX, Goal, Repair, repair_of
from postwarden.relocation.carrying import Outside
from postwarden.relocation.checking import faults
from postwarden.relocation.content import canonical, content_hash
from postwarden.relocation.contribution import RepairsOfCases
from postwarden.relocation.desk import Progress, RepairDesk, Stuck
from postwarden.relocation.errors import (
    AmbiguousRouteError,
    NothingToRepair,
    PermanentRouteError,
    RelocationError,
    TemporaryRouteError,
)
from postwarden.relocation.ports import (
    Absence,
    Filing,
    Original,
    Parcel,
    Room,
    Route,
    Ticket,
    Wanted,
    Where,
)
from postwarden.relocation.restoring import Restored, RestoreDesk
from postwarden.relocation.rules import Outcome, Why
from postwarden.relocation.taken import taken_from
from postwarden.relocation.watching import (
    Pace,
    Waiting,
    is_repair,
    pace,
    rate,
    troubles,
    waiting_for_person,
)

__all__ = [
    "BY_FILTER",
    "BY_LMTP",
    "INBOX",
    "Absence",
    "AmbiguousRouteError",
    "Counted",
    "Filing",
    "Goal",
    "NothingToRepair",
    "Original",
    "Outcome",
    "Outside",
    "Pace",
    "Parcel",
    "PermanentRouteError",
    "Progress",
    "RelocationError",
    "Repair",
    "RepairDesk",
    "RepairsOfCases",
    "RestoreDesk",
    "Restored",
    "Room",
    "Route",
    "Seen",
    "Stuck",
    "TemporaryRouteError",
    "Ticket",
    "Waiting",
    "Wanted",
    "Where",
    "Why",
    "canonical",
    "content_hash",
    "faults",
    "is_repair",
    "pace",
    "rate",
    "repair_of",
    "taken_from",
    "troubles",
    "waiting_for_person",
]
