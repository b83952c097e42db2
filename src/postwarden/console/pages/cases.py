"""Cases: all of them, and one."""

from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases import service as cases
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.site import present
from postwarden.people.service import Permission


def every(request: DeskRequest) -> HttpResponse:
    """List the cases of the reader's organisations, newest first."""
    return render(request, "console/cases.html", {"cases": cases.every_case(request.member)})


def one(request: DeskRequest, reference: str) -> HttpResponse:
    """Show a case."""
    file = cases.case_file(request.member, reference)
    return render(request, "console/case.html", {"file": file, "now": present()})


PAGES = (
    Page("cases/", "cases", every, (Permission.CASE_READ,)),
    Page("cases/<str:reference>/", "cases-one", one, (Permission.CASE_READ,)),
)
