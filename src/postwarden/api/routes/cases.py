"""Cases: listed, looked at, opened, and what is in them."""

from typing import Annotated

from ninja import Query
from pydantic import Field

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.paging import Listing, Paged, Searched, cursor_of
from postwarden.api.shapes import (
    IN_PLACE,
    AccountShape,
    CaseShape,
    CaseWhole,
    EntryShape,
    FindingShape,
    Given,
    GivenTime,
    Line,
    Name,
    Words,
)
from postwarden.cases import service as rooms
from postwarden.cases.service import Asked, Head, Kind, Note, Opening, Stage, State, Times
from postwarden.people.service import Permission
from postwarden.rooms import present


class CasesAsked(Searched):
    """Which cases are wanted; `search` is looked for in titles."""

    stage: tuple[Annotated[Stage, IN_PLACE], ...] = Field(
        (), description="Only in one of these stages."
    )


def list_cases(request: ApiRequest, asked: Query[CasesAsked]) -> Listing[CaseShape]:
    """List cases of your organisations, newest first."""
    wanted = Asked(search=asked.search, after=asked.after(request.auth), most=asked.limit)
    page = rooms.some_cases(request.auth, wanted, asked.stage)
    items = [CaseShape.model_validate(one) for one in page.rows]
    return Listing(items=items, next=cursor_of(page.after, request.auth))


def get_case(request: ApiRequest, reference: str) -> CaseWhole:
    """Look at a case; a reference that was merged leads to the case it became part of."""
    return _whole(rooms.head(request.auth, reference))


class GivenTimes(Given):
    """Times that are known."""

    occurred_from: GivenTime | None = None
    occurred_to: GivenTime | None = None
    detected: GivenTime | None = None
    aware: GivenTime | None = None
    reported: GivenTime | None = None


class GivenCase(Given):
    """A case to open; without organisations it is of the installation's first one."""

    kind: Annotated[Kind, IN_PLACE]
    title: Line
    organisations: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    lead: Name | None = None
    times: GivenTimes = GivenTimes()


def open_case(request: ApiRequest, body: GivenCase) -> CaseShape:
    """Open a case, with the next reference of the year and the tasks of its kind."""
    opening = Opening(
        body.kind,
        body.title,
        body.organisations,
        body.lead,
        Times(**body.times.model_dump()),
    )
    case = rooms.open_case(request.rooms.desk, request.auth, opening, present())
    return CaseShape.model_validate(case)


def list_timeline(request: ApiRequest, reference: str, asked: Query[Paged]) -> Listing[EntryShape]:
    """Read what happened, latest first."""
    page = rooms.timeline(
        request.auth, reference, Asked(after=asked.after(request.auth), most=asked.limit)
    )
    items = [EntryShape.model_validate(one) for one in page.rows]
    return Listing(items=items, next=cursor_of(page.after, request.auth))


class GivenEntry(Given):
    """What happened: when, to which account, and where it can be looked up."""

    at: GivenTime
    text: Words
    account: Name | None = None
    evidence: Annotated[tuple[Line, ...], Field(max_length=100)] = ()


def add_entry(request: ApiRequest, reference: str, body: GivenEntry) -> CaseShape:
    """Note what happened, dated with when it did."""
    note = Note(body.at, body.text)
    desk, who = request.rooms.desk, request.auth
    case = rooms.note(desk, who, reference, note, body.evidence, present(), body.account or "")
    return CaseShape.model_validate(case)


class AccountsAsked(Searched):
    """Which accounts are wanted."""

    state: tuple[Annotated[State, IN_PLACE], ...] = Field(
        (), description="Only in one of these states."
    )


def list_accounts(
    request: ApiRequest, reference: str, asked: Query[AccountsAsked]
) -> Listing[AccountShape]:
    """List the accounts concerned, by name."""
    wanted = Asked(asked.state, asked.search, asked.after(request.auth), asked.limit)
    page = rooms.accounts(request.auth, reference, wanted)
    items = [AccountShape.model_validate(one) for one in page.rows]
    return Listing(items=items, next=cursor_of(page.after, request.auth))


def list_findings(
    request: ApiRequest, reference: str, asked: Query[Searched]
) -> Listing[FindingShape]:
    """List the findings that are there still, by account."""
    wanted = Asked(search=asked.search, after=asked.after(request.auth), most=asked.limit)
    page = rooms.findings(request.rooms.desk, request.auth, reference, wanted)
    items = [FindingShape.model_validate(one) for one in page.rows]
    return Listing(items=items, next=cursor_of(page.after, request.auth))


def _whole(head: Head) -> CaseWhole:
    told = CaseShape.model_validate(head.case)
    return CaseWhole.model_construct(
        **dict(told),
        accounts=head.states,
        findings=head.findings,
        reports=head.reports,
        entries=head.entries,
    )


_READS = (Permission.CASE_READ,)
_EDITS = (Permission.CASE_EDIT,)
ROUTES = (
    Route("GET", "/cases", list_cases, _READS, Listing[CaseShape]),
    Route("POST", "/cases", open_case, _EDITS, CaseShape, 201),
    Route("GET", "/cases/{reference}", get_case, _READS, CaseWhole),
    Route(
        "GET",
        "/cases/{reference}/timeline",
        list_timeline,
        _READS,
        Listing[EntryShape],
        noted=True,
    ),
    Route("POST", "/cases/{reference}/timeline", add_entry, _EDITS, CaseShape, 201),
    Route(
        "GET",
        "/cases/{reference}/accounts",
        list_accounts,
        _READS,
        Listing[AccountShape],
        noted=True,
    ),
    Route(
        "GET",
        "/cases/{reference}/findings",
        list_findings,
        _READS,
        Listing[FindingShape],
        noted=True,
    ),
)
