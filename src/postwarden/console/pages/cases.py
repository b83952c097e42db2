"""Cases: all of them."""

from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases import service as cases
from postwarden.console.gate import DeskRequest, Page
from postwarden.people.service import Permission


def every(request: DeskRequest) -> HttpResponse:
    """List the cases of the reader's organisations, newest first."""
    there = request.member.organisations(Permission.CASE_EDIT)
    told = {"cases": cases.every_case(request.member), "opens": there is None or bool(there)}
    told["knocks"] = len(cases.knocks(request.member))
    return render(request, "console/cases.html", told)


PAGES = (Page("cases/", "cases", every, (Permission.CASE_READ,)),)
