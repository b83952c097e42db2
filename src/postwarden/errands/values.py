"""What an errand is, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from postwarden.people.service import Permission
from postwarden.vocabulary import Moment

_MINUTE = 60_000_000
_SOON = 2_000_000


class Kind(StrEnum):
    """What is done."""

    SCAN = "scan"
    EXAMINATION = "examination"
    PLANNING = "planning"


class Stage(StrEnum):
    """Where an errand is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


NEEDS: Mapping[Kind, Permission] = {
    Kind.SCAN: Permission.EVIDENCE_TAKE,
    Kind.EXAMINATION: Permission.CASE_EDIT,
    Kind.PLANNING: Permission.PLAN_REQUEST,
}
"""What it takes to ask for one, and to stop it."""


class ScanWish(NamedTuple):
    """A snapshot that is wanted.

    Attributes:
        purpose: why it is taken.
        expires_days: after so many days it is removed.
        accounts: of these alone, in normal form; and of those of the domains. None of both: of everybody.
        domains: likewise.
        since: only what was stored or logged from then on.
    """

    purpose: str
    expires_days: int
    accounts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    since: Moment | None = None


class ExaminationWish(NamedTuple):
    """The newest snapshot is to be examined for a case."""

    case: str


class PlanningWish(NamedTuple):
    """A repair of a case is to be planned; as `postwarden plan repair` has it."""

    case: str
    reason: str
    clean: bool = False
    answered: bool = False


Wish = ScanWish | ExaminationWish | PlanningWish


class Step(NamedTuple):
    """How far an errand is.

    Attributes:
        name: of what is done now: "directory", "logs", the name of a store, "examining" or "freezing".
        done: of `total`; both 0 while nobody can say.
        total: of what the step goes through: log sets, mailboxes.
        found: messages read, or copies judged.
    """

    name: str
    done: int = 0
    total: int = 0
    found: int = 0


@dataclass(frozen=True, slots=True)
class Errand:
    """An errand as it is at a moment.

    Attributes:
        number: of it.
        kind: what is done.
        case: whose; "" for none.
        asked_by: name of who asked.
        asked_at: when.
        about: what may be told of what was asked: of a scan "purpose", "accounts" and "domains" (how many),
            "since", "expires_days" and "organisations" (whose they are; none for all).
        stage: where it is.
        step: how far.
        step_at: since when it is at this step; None before the first.
        told_at: when it was last told how far it is.
        ended_at: when it ended; None while it has not.
        outcome: of one that is done: "snapshot", "copies", "deliveries" and "problems" (how many) of a
            scan; "dated" and "wrong" (accounts) of an examination; "plan", its hash, of a planning.
        trouble: of one that failed: why.
    """

    number: int
    kind: Kind
    case: str
    asked_by: str
    asked_at: Moment
    about: Mapping[str, Any]
    stage: Stage
    step: Step
    step_at: Moment | None
    told_at: Moment | None
    ended_at: Moment | None
    outcome: Mapping[str, Any]
    trouble: str

    @property
    def goes_on(self) -> bool:
        """It is not at its end."""
        return self.stage in (Stage.WAITING, Stage.RUNNING)

    @property
    def rate(self) -> float | None:
        """How many of the step's things a minute; None where it is too early to say."""
        if self.step_at is None or self.told_at is None or not self.step.done:
            return None
        lasted = self.told_at - self.step_at
        return self.step.done / lasted * _MINUTE if lasted >= _SOON else None

    @property
    def lasts(self) -> int | None:
        """Microseconds that the step will take still, at this rate; None where nobody can say."""
        rate = self.rate
        return None if rate is None else round((self.step.total - self.step.done) / rate * _MINUTE)
