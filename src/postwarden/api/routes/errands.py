"""Long work that the worker does: asked for, watched, and stopped."""

from typing import Annotated, Any

from pydantic import Field

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.problems import BadRequest
from postwarden.api.shapes import IN_PLACE, Given, GivenTime, Line, Name, Shape, Time
from postwarden.errands.service import (
    Errand,
    ExaminationWish,
    Kind,
    PlanningWish,
    ScanWish,
    Stage,
    Wish,
    trouble_for,
)
from postwarden.people.service import Permission
from postwarden.rooms import present
from postwarden.vocabulary import normal

_MOST = 20_000
_MOST_DAYS = 3_650
_LARGEST = 2**53


class StepShape(Shape):
    """How far: of what is done now, `done` of `total` (0 while nobody can say), and what was found."""

    name: str
    done: int
    total: int
    found: int


class ErrandShape(Shape):
    """Work that was asked for: how far it is, or what came of it."""

    number: int
    kind: Annotated[Kind, IN_PLACE]
    case: str
    asked_by: str
    asked_at: Time
    about: dict[str, Any]
    stage: Annotated[Stage, IN_PLACE]
    step: StepShape
    ended_at: Time | None
    outcome: dict[str, Any]
    trouble: str


class GivenScan(Given):
    """Of whom a snapshot is wanted, of what came since when, why, and for how long it is kept."""

    purpose: Annotated[Line, Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=_MOST_DAYS)] | None = None
    accounts: Annotated[tuple[Name, ...], Field(max_length=_MOST)] = ()
    domains: Annotated[tuple[Name, ...], Field(max_length=_MOST)] = ()
    since: GivenTime | None = None


def ask_for_scan(request: ApiRequest, body: GivenScan) -> ErrandShape:
    """Ask for a snapshot; without accounts and domains of everybody, for who may for all organisations."""
    accounts = tuple(sorted({_account(one) for one in body.accounts}))
    domains = tuple(sorted({_account(f"x@{one}").removeprefix("x@") for one in body.domains}))
    days = body.days or request.rooms.configuration.evidence.expiry_days
    return _asked(request, ScanWish(body.purpose, days, accounts, domains, body.since))


class NothingGiven(Given):
    """Nothing is asked."""


def examine_case(request: ApiRequest, reference: str, body: NothingGiven) -> ErrandShape:  # noqa: ARG001  # the body is empty
    """Ask for an examination of the newest snapshot, whose findings the case has from then on."""
    return _asked(request, ExaminationWish(reference))


class GivenRepair(Given):
    """Why a repair is wanted; `clean`: without what the trace says of the wrong mailbox.

    With `answered`, copies go, too, that their holder has answered.
    """

    reason: Annotated[Line, Field(min_length=1)]
    clean: bool = False
    answered: bool = False


def plan_repair(request: ApiRequest, reference: str, body: GivenRepair) -> ErrandShape:
    """Ask for the plan of a repair; nothing is done before somebody else approves it."""
    return _asked(request, PlanningWish(reference, body.reason, body.clean, body.answered))


def get_errand(request: ApiRequest, number: int) -> ErrandShape:
    """See how far some work is, or what came of it."""
    return _shape(request, request.rooms.errands.one(min(number, _LARGEST), request.auth))


def stop_errand(request: ApiRequest, number: int, body: NothingGiven) -> ErrandShape:  # noqa: ARG001  # likewise
    """Stop it: nothing of it is written any more."""
    errands = request.rooms.errands
    return _shape(request, errands.stop(min(number, _LARGEST), request.auth, present()))


def _asked(request: ApiRequest, wish: Wish) -> ErrandShape:
    return _shape(request, request.rooms.errands.ask(wish, request.auth, present()))


def _shape(request: ApiRequest, errand: Errand) -> ErrandShape:
    told = ErrandShape.model_validate(errand)
    return told.model_copy(update={"trouble": trouble_for(errand, request.auth)})


def _account(name: str) -> str:
    """Give a name in normal form."""
    local, at, domain = name.rpartition("@")
    if not (local and at and domain) or any(one.isspace() for one in name):
        raise BadRequest("accounts, domains: one is no account or no domain; nothing was asked for")
    return normal(name)


_KNOW = (Permission.EVIDENCE_READ, Permission.EVIDENCE_TAKE, Permission.CASE_READ)
_STOP = (Permission.EVIDENCE_TAKE, Permission.CASE_EDIT, Permission.PLAN_REQUEST)
ROUTES = (
    Route("POST", "/scans", ask_for_scan, (Permission.EVIDENCE_TAKE,), ErrandShape, 202),
    Route(
        "POST",
        "/cases/{reference}/examinations",
        examine_case,
        (Permission.CASE_EDIT,),
        ErrandShape,
        202,
    ),
    Route(
        "POST",
        "/cases/{reference}/repairs",
        plan_repair,
        (Permission.PLAN_REQUEST,),
        ErrandShape,
        202,
    ),
    Route("GET", "/errands/{number}", get_errand, _KNOW, ErrandShape),
    Route("POST", "/errands/{number}/stop", stop_errand, _STOP, ErrandShape),
)
