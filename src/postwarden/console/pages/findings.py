"""Findings of a case with their proof: each reason, and the log line one click away, header text masked."""

from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases import service as cases
from postwarden.cases.service import Cited, Found, Head
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.lists import next_page, searched
from postwarden.console.of_case import asked, of_case, shown
from postwarden.people.service import Permission
from postwarden.rooms import present
from postwarden.sources.service import cited_line

_DIGITS = 6


def findings(request: DeskRequest, head: Head) -> HttpResponse:
    """List the findings, by account."""
    if request.method == "POST":
        return searched(request)
    wanted = asked(request)
    page = cases.findings(request.rooms.desk, request.member, head.case.reference, wanted)
    told = {"page": page, "asked": wanted, "next": next_page(request, page.after)}
    return shown(request, head, "findings", told)


def finding(request: DeskRequest, head: Head, finding_id: str) -> HttpResponse:
    """Show why a copy has its verdict; with `place`, the line that is cited there, which is on record.

    Where htmx asks, the line alone or the proof alone, for they open in place.
    """
    found = cases.finding(request.rooms.desk, request.member, head.case.reference, finding_id)
    told: dict[str, object] = {"found": found, "reasons": cases.reasons_of(found)}
    told |= {"reference": head.case.reference}
    number = request.GET.get("place", "")
    if number.isascii() and number.isdigit() and len(number) < _DIGITS:
        told |= _line(request, head, found, int(number))
        if request.htmx:
            return render(request, "console/parts/line.html", told)
    if request.htmx:
        return render(request, "console/parts/proof.html", told)
    return shown(request, head, "findings", told, "console/case/finding.html")


def _line(request: DeskRequest, head: Head, found: Found, number: int) -> dict[str, object]:
    """Look a cited place up; of a header of the copy nothing is shown but its name."""
    reference, rooms = head.case.reference, request.rooms
    place = cases.look_up(rooms.desk, request.member, reference, found, number, present())
    return {"place": place, "line": _text(request, place)}


def _text(request: DeskRequest, place: Cited) -> str | None:
    if not place.line:
        return None
    rooms = request.rooms
    line = cited_line(rooms.configuration.base, place.file, place.line)
    return None if line is None else cases.line_for(rooms.desk, request.member, line)


_READS = (Permission.CASE_READ,)
PAGES = (
    Page(
        "cases/<str:reference>/findings/", "cases-findings", of_case(findings), _READS, noted=True
    ),
    Page(
        "cases/<str:reference>/findings/<str:finding_id>/",
        "cases-finding",
        of_case(finding),
        _READS,
        noted=True,
    ),
)
