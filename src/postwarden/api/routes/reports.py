"""What customers tell: "this mail is not mine"."""

from typing import Annotated

from ninja import Query
from pydantic import BaseModel

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.paging import Listing, Searched, cursor_of
from postwarden.api.shapes import IN_PLACE, Given, GivenTime, Line, Name, Shape, Time
from postwarden.cases import service as rooms
from postwarden.cases.service import Asked, Match, Telling
from postwarden.people.service import Permission
from postwarden.rooms import present


class ReportShape(Shape):
    """What a customer told; `matches` names the findings that it may mean, and how sure that is."""

    report: str
    account: str
    organisation: str
    received: Time
    actor: str
    message_id: str | None
    date: Time | None
    sender: str | None
    matches: dict[str, Annotated[Match, IN_PLACE]]


def list_reports(
    request: ApiRequest, reference: str, asked: Query[Searched]
) -> Listing[ReportShape]:
    """List what customers told, by account."""
    wanted = Asked(search=asked.search, after=asked.after(request.auth), most=asked.limit)
    page = rooms.reports(request.auth, reference, wanted)
    items = []
    for one in page.rows:
        told = one.report._asdict()
        items.append(ReportShape(report=told.pop("label"), matches=dict(one.means), **told))
    return Listing(items=items, next=cursor_of(page.after, request.auth))


class GivenReport(Given):
    """What a customer tells: of which account, when, and of the mail what they can say."""

    account: Name
    received: GivenTime
    message_id: Line | None = None
    date: GivenTime | None = None
    sender: Line | None = None


class Label(BaseModel):
    """What names the report for ever, also where its case is merged."""

    report: str


def add_report(request: ApiRequest, reference: str, body: GivenReport) -> Label:
    """Note what a customer told; the account becomes suspected."""
    telling = Telling(**body.model_dump())
    label = rooms.add_report(request.rooms.desk, request.auth, reference, telling, present())
    return Label(report=label)


ROUTES = (
    Route(
        "GET",
        "/cases/{reference}/reports",
        list_reports,
        (Permission.CASE_READ,),
        Listing[ReportShape],
        noted=True,
    ),
    Route("POST", "/cases/{reference}/reports", add_report, (Permission.REPORT_ADD,), Label, 201),
)
