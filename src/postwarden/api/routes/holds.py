"""Holds: which there are, holding, and releasing."""

from typing import Annotated

from ninja import Query
from pydantic import BaseModel, Field

from postwarden.api.gate import ApiRequest, Route, case_known
from postwarden.api.paging import Listing, Searched, cursor_of
from postwarden.api.shapes import IN_PLACE, Given, Line, Name, Shape, Time
from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Code
from postwarden.custody.service import Mismatch, Stage
from postwarden.holds import service as rooms
from postwarden.holds.service import Kind, Planned, Refusal, Wish, Wording
from postwarden.people.service import Permission
from postwarden.rooms import present

_MOST = 20_000
"""Accounts of one request."""
_REQUESTS = (Permission.HOLD_REQUEST, Permission.HOLD_PRESERVE)
_RELEASES = (Permission.PLAN_REQUEST, Permission.HOLD_PRESERVE)
Accounts = Annotated[tuple[Name, ...], Field(min_length=1, max_length=_MOST)]


class HoldShape(Shape):
    """An open hold: on whom, of which kind, by which case and plan, since when."""

    account: str
    kind: Annotated[Kind, IN_PLACE]
    case: str | None
    wording: Annotated[Wording, IN_PLACE]
    plan: str
    since: Time


class HoldsAsked(Searched):
    """Which holds are wanted."""

    case: Line | None = Field(None, description="Only of this case.")


def list_holds(request: ApiRequest, asked: Query[HoldsAsked]) -> Listing[HoldShape]:
    """List the accounts held, by name."""
    case = None
    if asked.case is not None:
        case = case_known(request.auth, asked.case, (Permission.CASE_READ,))
    wanted = Asked(search=asked.search, after=asked.after(request.auth), most=asked.limit)
    page = rooms.some_held(request.rooms.desk, request.auth, wanted, case)
    items = [HoldShape.model_validate(one) for one in page.rows]
    return Listing(items=items, next=cursor_of(page.after, request.auth))


class GivenAccounts(Given):
    """Which accounts, in which case, and why."""

    accounts: Accounts
    case: Line | None = None
    reason: Line
    kind: Annotated[Kind, IN_PLACE] = Kind.LOGIN


class GivenHold(GivenAccounts):
    """What is to be held."""

    wording: Annotated[Wording, IN_PLACE] = Wording.EXAMINATION


class LeftOut(BaseModel):
    """An account that is not in a plan, and the code of why."""

    account: str
    why: Annotated[Refusal, IN_PLACE]


class PlannedShape(BaseModel):
    """A plan that was frozen, and who is not in it."""

    plan: str
    acts: int
    stage: Annotated[Stage, IN_PLACE]
    left: list[LeftOut]


def hold_accounts(request: ApiRequest, body: GivenHold) -> PlannedShape:
    """Hold accounts at once; the plan is approved after, by somebody else.

    The worker keeps logins off within a second; `GET /runs/{plan}` says how far it is.
    """
    case = _open_case(request, body.case, _REQUESTS)
    wish = Wish(body.accounts, case, body.reason, body.kind, body.wording)
    planned = request.rooms.holds.hold(wish, request.auth, present())
    return _planned(request, planned)


class GivenRelease(GivenAccounts):
    """What is to be released from a case's holds."""

    mismatch: Annotated[Mismatch, IN_PLACE] = Mismatch.LEAVE_OUT
    proven: bool = Field(
        default=False,
        description="At once, without approval: those that the last examination proves clean.",
    )


def release_accounts(request: ApiRequest, body: GivenRelease) -> PlannedShape:
    """Plan to let accounts log in again; it happens once somebody else has approved the plan."""
    case = _open_case(request, body.case, _RELEASES)
    wish = Wish(body.accounts, case, body.reason, body.kind, mismatch=body.mismatch)
    desk = request.rooms.holds
    if body.proven and body.kind is Kind.LOGIN:
        return _planned(request, desk.release_proven(wish, request.auth, present()))
    return _planned(request, desk.release(wish, request.auth, present()))


def _open_case(request: ApiRequest, named: str | None, needs: tuple[Permission, ...]) -> str:
    """Give the reference that an open case goes on by; "" for none."""
    if named is None:
        return ""
    reference = case_known(request.auth, named, needs)
    if cases.own_words(cases.SYSTEM, reference).stage is not cases.Stage.OPEN:
        raise cases.Refused(cases.Refusal(Code.NOT_OPEN))
    return reference


def _planned(request: ApiRequest, planned: Planned) -> PlannedShape:
    plan = planned.plan
    return PlannedShape(
        plan=plan.hash,
        acts=len(plan.acts),
        stage=request.rooms.holds.plans.stage(plan.hash),
        left=[LeftOut(account=account, why=why) for account, why in planned.left],
    )


ROUTES = (
    Route("GET", "/holds", list_holds, (Permission.CASE_READ,), Listing[HoldShape], noted=True),
    Route("POST", "/holds", hold_accounts, _REQUESTS, PlannedShape, 202),
    Route("POST", "/releases", release_accounts, _RELEASES, PlannedShape, 202),
)
