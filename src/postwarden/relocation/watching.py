"""Watching repairs: how far one is and how fast it goes, and which copies wait for a person.

The same few queries whatever a plan's size, so that many can look every second.
"""

from typing import NamedTuple

from django.db.models import Count, Min, Q

from postwarden.custody.service import Plan, Stage
from postwarden.relocation.bearing import PLAN
from postwarden.relocation.desk import KINDS
from postwarden.relocation.models import CopyRow, CountRow
from postwarden.relocation.rules import Outcome
from postwarden.relocation.rules import Stage as CopyStage
from postwarden.state import outbox
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment

_LATELY = 60_000_000


class Pace(NamedTuple):
    """How far a repair is.

    Attributes:
        done: copies at their end.
        copies: in all.
        under_way: copies that were begun and are at no end.
        needs_person: of those at their end.
        rate: copies a minute, of the last one; None while nothing can be said.
        trouble: what kept the last try from going on; "" for nothing.
    """

    done: int
    copies: int
    under_way: int
    needs_person: int
    rate: float | None
    trouble: str


class Waiting(NamedTuple):
    """A copy that waits for a person: of which case and plan, and in whose mailbox it lies."""

    case: str
    plan: str
    holder: str


def is_repair(plan: Plan) -> bool:
    """Tell whether a plan is one that this room carries out."""
    return plan.kinds <= KINDS


def pace(plan: Plan, stage: Stage, now: Moment) -> Pace:
    """Tell how far a repair is, and how fast it goes.

    Args:
        plan: which, as read at any time.
        stage: where it is now.
        now: the present.
    """
    ended = Q(stage=CopyStage.ENDED)
    worked = ~Q(outcome=Outcome.LEFT)  # those that are left are at their end when it begins
    told = CopyRow.objects.filter(plan=plan.hash).aggregate(
        done=Count("pk", filter=ended),
        waiting=Count("pk", filter=Q(stage=CopyStage.WAITING)),
        rows=Count("pk"),
        stuck=Count("pk", filter=Q(outcome=Outcome.NEEDS_PERSON)),
        lately=Count("pk", filter=worked & Q(ended__gte=now - _LATELY)),
        first=Min("ended", filter=worked),
    )
    running = stage in (Stage.RUNNING, Stage.ABANDONED)
    return Pace(
        done=told["done"],
        copies=max(told["rows"], len(plan.acts)),
        under_way=told["rows"] - told["done"] - told["waiting"],
        needs_person=told["stuck"],
        rate=rate(told["lately"], told["first"], now) if running else None,
        trouble=_trouble(plan.hash) if running else "",
    )


def rate(lately: int, first: Moment | None, now: Moment) -> float | None:
    """Give how many a minute there were of late; None where it is too early to say.

    Args:
        lately: how many ended within the last minute.
        first: when the first of all did.
        now: the present.
    """
    if first is None or not lately:
        return None
    span = min(now - first, _LATELY)
    return lately * _LATELY / span if span >= _LATELY / 60 else None


def waiting_for_person() -> list[Waiting]:
    """Give the copies of repairs that wait for a person, by case, plan and place."""
    return [Waiting(*one) for one in _WAITING(Outcome.NEEDS_PERSON.value)]


_WAITING = Prepared(
    lambda outcome: (
        CopyRow.objects.filter(outcome=outcome, plan__in=CountRow.objects.values("plan"))
        .order_by("case", "plan", "place")
        .values_list("case", "plan", "holder")
    )
)


def troubles() -> dict[str, str]:
    """Give, by plan, what keeps repairs from going on."""
    return {effect.subject: trouble for effect, trouble in outbox.waiting([PLAN]) if trouble}


def _trouble(hashed: str) -> str:
    return troubles().get(hashed, "")
