"""Plans: what would be done to whom, approving by an SSH signature, and taking back."""

import re
from typing import Annotated

from ninja import Query
from pydantic import BaseModel, Field

from postwarden.api.gate import ApiRequest, Route, case_known
from postwarden.api.paging import Listing, Paged, cursor_of
from postwarden.api.problems import BadRequest
from postwarden.api.shapes import IN_PLACE, Given, GivenTime, Line, Shape, Time, Words
from postwarden.cases import service as cases
from postwarden.custody.service import (
    Kind,
    Mismatch,
    NoSuchPlan,
    Place,
    PlansWanted,
    Seen,
    Stage,
    consent,
)
from postwarden.people.service import Permission
from postwarden.rooms import present

_HASH = re.compile(r"[0-9a-f]{8,64}")
_HOUR = 3_600_000_000


class ApprovalShape(Shape):
    """Somebody's signed consent, and until when it counts."""

    approver: str
    at: Time
    expires: Time


class PlanShape(Shape):
    """A plan: `acts` counts all of its acts, `shown` those that you may see."""

    plan: str
    case: str | None
    reason: str
    requester: str
    made: Time
    stage: Annotated[Stage, IN_PLACE]
    emergency: bool
    mismatch: Annotated[Mismatch, IN_PLACE]
    needed: int
    approvals: tuple[ApprovalShape, ...]
    acts: int
    shown: int


class PlansAsked(Paged):
    """Which plans are wanted."""

    case: Line | None = Field(None, description="Only of this case.")
    stage: tuple[Annotated[Stage, IN_PLACE], ...] = Field(
        (), description="Only in one of these stages."
    )


def list_plans(request: ApiRequest, asked: Query[PlansAsked]) -> Listing[PlanShape]:
    """List plans that concern your organisations, newest first."""
    of: tuple[str, ...] | None = None
    if asked.case is not None:
        of = cases.references(case_known(request.auth, asked.case, (Permission.CASE_READ,)))
    wanted = PlansWanted(asked.limit, _place(asked.after(request.auth)), of, asked.stage)
    found, last = request.rooms.holds.plans.page(request.auth, wanted)
    after = "" if last is None else str(last)
    return Listing(items=[shape(one) for one in found], next=cursor_of(after, request.auth))


def get_plan(request: ApiRequest, plan: str) -> PlanShape:
    """Look at a plan, by its hash or the first eight characters of it or more."""
    return shape(seen(request, plan))


class ActShape(BaseModel):
    """One thing to do: to whom or what, and how."""

    kind: Annotated[Kind, IN_PLACE]
    subject: str
    details: dict[str, str]


def list_acts(request: ApiRequest, plan: str, asked: Query[Paged]) -> Listing[ActShape]:
    """List a plan's acts in their order, those of other organisations left out."""
    acts = seen(request, plan).acts
    after = asked.after(request.auth)
    first = int(after) if after.isdecimal() and len(after) < 10 else 0
    some = acts[first : first + asked.limit]
    last = first + len(some)
    items = [
        ActShape(kind=one.kind, subject=one.subject, details=dict(one.details)) for one in some
    ]
    return Listing(items=items, next=cursor_of(str(last) if last < len(acts) else "", request.auth))


class Consent(BaseModel):
    """The words that an approver signs, with `ssh-keygen -Y sign -n postwarden`."""

    text: str
    expires: Time


class ConsentAsked(BaseModel):
    """For how long the approval shall count."""

    hours: float = Field(1.0, ge=0.01, le=24)


def get_consent(request: ApiRequest, plan: str, asked: Query[ConsentAsked]) -> Consent:
    """Get the words to sign for an approval that counts for some hours from now."""
    found = seen(request, plan).plan
    expires = present() + int(asked.hours * _HOUR)
    text = consent(found.hash, len(found.acts), expires).decode()
    return Consent(text=text, expires=expires)


class GivenApproval(Given):
    """A signature over the words of consent, armoured as ssh-keygen writes it."""

    expires: GivenTime
    signature: Words


def approve_plan(request: ApiRequest, plan: str, body: GivenApproval) -> PlanShape:
    """Approve a plan that somebody else asked for, by a signature of your enrolled SSH key.

    With the last approval that it waits for, a plan of releases is begun; a repair waits for its run.
    """
    found = seen(request, plan).plan
    desk = request.rooms.holds
    desk.approve(found.hash, request.auth, body.expires, body.signature, present())
    return get_plan(request, found.hash)


class GivenReason(Given):
    """Why, for the record."""

    reason: Line


def withdraw_plan(request: ApiRequest, plan: str, body: GivenReason) -> PlanShape:
    """Take a plan back that has not begun: its requester, or somebody who may approve it."""
    found, who = seen(request, plan).plan, request.auth
    if found.requester != who.name and not _approves(request):
        who.allowed(Permission.PLAN_APPROVE)
    request.rooms.holds.plans.withdraw(found.hash, who.name, body.reason, present())
    return get_plan(request, found.hash)


def _approves(request: ApiRequest) -> bool:
    """Tell whether the token's scope lets its owner approve; for whom is custody's to decide."""
    there = request.auth.organisations(Permission.PLAN_APPROVE)
    return there is None or bool(there)


def seen(request: ApiRequest, plan: str) -> Seen:
    """Give a plan as somebody may see it.

    Raises:
        NoSuchPlan: there is none, or none that they may know of.
        NotAllowed: they read no cases.
    """
    if _HASH.fullmatch(plan) is None:
        raise NoSuchPlan("no plan begins so; name eight characters of its hash, or more")
    return request.rooms.holds.plans.shown(plan, request.auth)


def shape(one: Seen) -> PlanShape:
    """Give a plan as it is shown."""
    plan = one.plan
    return PlanShape(
        plan=plan.hash,
        case=plan.case or None,
        reason=plan.reason,
        requester=plan.requester,
        made=plan.made,
        stage=plan.stage,
        emergency=plan.emergency,
        mismatch=plan.mismatch,
        needed=plan.needed,
        approvals=tuple(ApprovalShape.model_validate(given) for given in plan.approvals),
        acts=len(plan.acts),
        shown=len(one.acts),
    )


def _place(after: str) -> Place | None:
    """Read the place that a page comes after; None for the first one; raise `BadRequest`."""
    place = Place.read(after)
    if after and place is None:
        raise BadRequest("cursor: is not one that `next` of a page gave")
    return place


_READS = (Permission.CASE_READ,)
_TAKES_BACK = (Permission.PLAN_REQUEST, Permission.PLAN_APPROVE)
ROUTES = (
    Route("GET", "/plans", list_plans, _READS, Listing[PlanShape]),
    Route("GET", "/plans/{plan}", get_plan, _READS, PlanShape),
    Route("GET", "/plans/{plan}/acts", list_acts, _READS, Listing[ActShape], noted=True),
    Route("GET", "/plans/{plan}/consent", get_consent, _READS, Consent),
    Route(
        "POST", "/plans/{plan}/approvals", approve_plan, (Permission.PLAN_APPROVE,), PlanShape, 201
    ),
    Route("POST", "/plans/{plan}/withdrawal", withdraw_plan, _TAKES_BACK, PlanShape),
)
