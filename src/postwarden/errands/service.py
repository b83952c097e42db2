"""The one door of this room."""

from postwarden.errands.asking import Errands, trouble_for
from postwarden.errands.claiming import Claimed, claim, taken
from postwarden.errands.errors import (
    AskedAlready,
    Ended,
    ErrandError,
    ErrandLost,
    NoSuchErrand,
)
from postwarden.errands.rows import count_going
from postwarden.errands.values import (
    Errand,
    ExaminationWish,
    Kind,
    PlanningWish,
    ScanWish,
    Stage,
    Step,
    Wish,
)

__all__ = [
    "AskedAlready",
    "Claimed",
    "Ended",
    "Errand",
    "ErrandError",
    "ErrandLost",
    "Errands",
    "ExaminationWish",
    "Kind",
    "NoSuchErrand",
    "PlanningWish",
    "ScanWish",
    "Stage",
    "Step",
    "Wish",
    "claim",
    "count_going",
    "taken",
    "trouble_for",
]
