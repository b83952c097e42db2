"""Runs: starting an approved repair, how far a plan is, and stopping."""

from typing import Annotated

from pydantic import BaseModel

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.routes.plans import GivenReason, seen
from postwarden.api.shapes import IN_PLACE, Given, Line
from postwarden.custody.service import Plan, Stage
from postwarden.people.service import NotAllowed, Permission
from postwarden.relocation.service import Outcome


class Run(BaseModel):
    """How far a plan is.

    `done` of `all` acts are at their end, and `under_way` have begun; of a repair, `outcomes` counts what
    they came to. `trouble` is what kept the last try from going on.
    """

    plan: str
    stage: Annotated[Stage, IN_PLACE]
    done: int
    all: int
    under_way: int
    outcomes: dict[Annotated[Outcome, IN_PLACE], int]
    trouble: str
    stopped: str


class GivenRun(Given):
    """Which plan."""

    plan: Line


def start_run(request: ApiRequest, body: GivenRun) -> Run:
    """Let the worker carry an approved repair out, or go on with one that was stopped."""
    plan = _whole(request, body.plan)
    return _run(request, request.rooms.repairs.run(plan.hash, request.auth))


def get_run(request: ApiRequest, plan: str) -> Run:
    """See how far a plan is; only whoever may read of every account in it."""
    return _run(request, _whole(request, plan))


def stop_run(request: ApiRequest, plan: str, body: GivenReason) -> Run:
    """Stop a running repair at the next copies; those under way come to their end or to none."""
    found = _whole(request, plan)
    return _run(request, request.rooms.repairs.stop(found.hash, request.auth, body.reason))


def _whole(request: ApiRequest, plan: str) -> Plan:
    """Give a plan of which somebody may see every act."""
    found = seen(request, plan)
    if len(found.acts) < len(found.plan.acts):
        raise NotAllowed("the plan is about accounts of organisations whose cases you may not read")
    return found.plan


def _run(request: ApiRequest, plan: Plan) -> Run:
    rooms = request.rooms
    if rooms.repairs.has_begun(plan):
        so_far = rooms.repairs.progress(plan.hash)
        return Run(
            plan=plan.hash,
            stage=so_far.stage,
            done=so_far.done,
            all=so_far.copies,
            under_way=so_far.under_way,
            outcomes=dict(so_far.outcomes),
            trouble=so_far.trouble,
            stopped=so_far.stopped,
        )
    carried = rooms.holds.carried(plan)
    stopped = rooms.holds.plans.why_stopped(plan.hash) if carried.stage is Stage.STOPPED else ""
    return Run(
        plan=plan.hash,
        stage=carried.stage,
        done=carried.done,
        all=len(plan.acts),
        under_way=0,
        outcomes={},
        trouble="",
        stopped=stopped,
    )


_RUNS = (Permission.PLAN_REQUEST,)
ROUTES = (
    Route("POST", "/runs", start_run, _RUNS, Run, 202),
    Route("GET", "/runs/{plan}", get_run, (Permission.CASE_READ,), Run),
    Route("POST", "/runs/{plan}/stop", stop_run, _RUNS, Run),
)
