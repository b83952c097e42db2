"""The one door of this room; what needs no state is beside it: `file`, `settings`, `setup`."""

from postwarden.holds.aligning import Aligner
from postwarden.holds.carrying import Carried
from postwarden.holds.contribution import HoldContribution
from postwarden.holds.desk import HoldDesk, Pending, Planned, Wish
from postwarden.holds.errors import ControlError, HoldError, NothingToDo, ProjectionUnfit
from postwarden.holds.keeping import Held, preserved, preserves
from postwarden.holds.letting_in import LetIn, let_in
from postwarden.holds.listing import HeldTold, count_held, held_told, some_held
from postwarden.holds.pace import Pace, pace
from postwarden.holds.ports import Languages, MailControl, Scripts, Webmail
from postwarden.holds.rules import Kind, Refusal, Wording

__all__ = [
    "Aligner",
    "Carried",
    "ControlError",
    "Held",
    "HeldTold",
    "HoldContribution",
    "HoldDesk",
    "HoldError",
    "Kind",
    "Languages",
    "LetIn",
    "MailControl",
    "NothingToDo",
    "Pace",
    "Pending",
    "Planned",
    "ProjectionUnfit",
    "Refusal",
    "Scripts",
    "Webmail",
    "Wish",
    "Wording",
    "count_held",
    "held_told",
    "let_in",
    "pace",
    "preserved",
    "preserves",
    "some_held",
]
