"""What customers tell: "this mail is not mine"."""

from pydantic import BaseModel

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.shapes import Given, GivenTime, Line, Name
from postwarden.cases import service as rooms
from postwarden.cases.service import Telling
from postwarden.people.service import Permission
from postwarden.rooms import present


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
    Route("POST", "/cases/{reference}/reports", add_report, (Permission.REPORT_ADD,), Label, 201),
)
