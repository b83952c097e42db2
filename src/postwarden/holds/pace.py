"""How far a plan of holds is, and how fast it goes."""

from typing import NamedTuple

from django.db.models import Count, Min

from postwarden.custody.service import Kind as ActKind
from postwarden.custody.service import Plan, Stage
from postwarden.holds.effects import PLAN
from postwarden.holds.models import HoldRow, ProgressRow
from postwarden.state import outbox
from postwarden.vocabulary import Moment

_MINUTE = 60_000_000


class Pace(NamedTuple):
    """How far a plan is.

    Attributes:
        done: acts carried out.
        left: acts left out, for they no longer fitted.
        acts: in all.
        rate: acts a minute; None while nothing can be said.
        trouble: what kept the last try from going on; "" for nothing.
    """

    done: int
    left: int
    acts: int
    rate: float | None
    trouble: str


def pace(plan: Plan, stage: Stage, now: Moment) -> Pace:
    """Tell how far a plan is.

    Args:
        plan: which, as read at any time.
        stage: where it is now.
        now: the present.
    """
    row = ProgressRow.objects.filter(plan=plan.hash).first()
    place, left = (row.place, len(row.left)) if row is not None else (0, 0)
    running = stage is Stage.RUNNING
    trouble = ""
    if running:
        waiting = outbox.waiting([PLAN])
        trouble = next((told for effect, told in waiting if effect.subject == plan.hash), "")
    return Pace(place - left, left, len(plan.acts), _rate(plan, now) if running else None, trouble)


def _rate(plan: Plan, now: Moment) -> float | None:
    holding = plan.acts[0].kind is ActKind.HOLD
    rows = HoldRow.objects.filter(case=plan.case)
    rows = rows.filter(plan=plan.hash) if holding else rows.filter(ended_plan=plan.hash)
    at = "since" if holding else "ended"
    told = rows.aggregate(first=Min(at), many=Count("pk"))
    span = 0 if told["first"] is None else now - told["first"]
    return told["many"] * _MINUTE / span if span >= _MINUTE / 60 else None
