"""How far the work of a plan is, as a page and its stream show it; the work itself is the worker's."""

from dataclasses import dataclass
from typing import Any

from postwarden.console.gate import DeskRequest
from postwarden.console.zones import zone_of
from postwarden.custody.service import Plan, Stage
from postwarden.holds.service import pace as hold_pace
from postwarden.people.service import Permission
from postwarden.relocation.service import is_repair
from postwarden.relocation.service import pace as repair_pace
from postwarden.rooms import present
from postwarden.vocabulary import Moment

_MINUTE = 60_000_000
ENDED = frozenset({Stage.DONE, Stage.WITHDRAWN, Stage.ABANDONED})
_BEGUN = frozenset({Stage.RUNNING, Stage.STOPPED, Stage.DONE, Stage.ABANDONED})


@dataclass(frozen=True, slots=True)
class Going:
    """How far a plan is.

    Attributes:
        plan: which, as it was read.
        stage: where it is now.
        repairs: it moves copies, and not holds.
        done: acts at their end.
        acts: in all.
        left: acts left out of it, for they no longer fitted.
        needs_person: copies that wait for a person.
        rate: acts a minute; None while nothing can be said.
        trouble: what kept the last try from going on.
        at: when that was.
    """

    plan: Plan
    stage: Stage
    repairs: bool
    done: int
    acts: int
    left: int
    needs_person: int
    rate: float | None
    trouble: str
    at: Moment

    @property
    def begun(self) -> bool:
        """Something of it may have been done."""
        return self.stage in _BEGUN

    @property
    def is_running(self) -> bool:
        """The worker carries it out."""
        left = self.acts - self.done - self.left
        ending = self.stage is Stage.ABANDONED and self.repairs and left > 0
        return self.stage is Stage.RUNNING or ending

    @property
    def lasts(self) -> int | None:
        """Microseconds that it will take still, at this rate; None where nobody can say."""
        left = self.acts - self.done - self.left
        return None if not self.rate else round(left / self.rate * _MINUTE)

    @property
    def may(self) -> dict[str, bool]:
        """What can become of it next, by the name of the act."""
        stage = self.stage
        waits = stage in (Stage.APPROVED, Stage.STOPPED) or not self.plan.needed
        return {
            "run": self.repairs and waits and stage not in (Stage.RUNNING, *ENDED),
            "stop": self.repairs and stage is Stage.RUNNING,
            "abandon": self.repairs and stage in (Stage.RUNNING, Stage.STOPPED),
            "withdraw": stage in (Stage.FROZEN, Stage.APPROVED),
        }


def going(plan: Plan, stage: Stage) -> Going:
    """Tell how far a plan is; in the same few queries whatever its size."""
    now = present()
    if is_repair(plan):
        one = repair_pace(plan, stage, now)
        ended, of = (one.done, one.copies), (0, one.needs_person)
        return Going(plan, stage, True, *ended, *of, one.rate, one.trouble, now)
    two = hold_pace(plan, stage, now)
    return Going(plan, stage, False, two.done, two.acts, two.left, 0, two.rate, two.trouble, now)


def told_of(request: DeskRequest, plan: Plan, stage: Stage) -> dict[str, Any]:
    """Give what the part of a page that tells of the work is made from."""
    there = request.member.organisations(Permission.PLAN_REQUEST)
    return {
        "going": going(plan, stage),
        "sees_all": request.member.organisations(Permission.CASE_READ) is None,
        "runs": there is None or bool(there),
        "zone": zone_of(request),
        "now": present(),
    }
