"""One case: what it says of itself, and its pages of accounts, findings, plans, reports and what happened."""

from hashlib import sha256

from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases import service as cases
from postwarden.cases.service import Head
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.lists import after_of, next_page, searched
from postwarden.console.of_case import asked, frame_of, of_case, shown
from postwarden.console.pictures import flow_picture, time_picture
from postwarden.console.zones import zone_of
from postwarden.custody.service import Place, PlansWanted
from postwarden.people.service import Permission
from postwarden.rooms import present
from postwarden.vocabulary import Moment


def overview(request: DeskRequest, head: Head) -> HttpResponse:
    """Show what there is to do in a case."""
    return shown(request, head, "one", {})


def picture(request: DeskRequest, head: Head) -> HttpResponse:
    """Draw whose mail lies with whom, and when it came there; the drawing alone where htmx asks."""
    times = head.case.times
    fault = (times.occurred_from, times.occurred_to)
    flows, arrivals = _counted(request, head)
    told = {
        "flows": flows,
        "flow": flow_picture(flows.rows),
        "times": time_picture(arrivals, fault, zone_of(request)),
    }
    if request.htmx:
        frame = frame_of(request, head, "one")
        return render(request, "console/case/pictures.html", {**frame, **told})
    return shown(request, head, "one", {**told, "whole": True}, "console/case/picture.html")


def _counted(request: DeskRequest, head: Head) -> tuple[cases.Flows, dict[Moment | None, int]]:
    """Give what is drawn; of a hundred thousand findings it is counted once until something happens."""
    who = request.member
    there = who.organisations(Permission.CASE_READ)
    seen = "all" if there is None else ",".join(sorted(there))
    name = head.case.reference
    key = sha256(
        f"{name} {head.entries} {sorted(head.findings.items())} {seen}".encode()
    ).hexdigest()
    told = cache.get(key)
    if told is None:
        told = cases.flows(request.rooms.desk, who, name, _FLOWS), cases.arrivals(who, name)
        cache.set(key, told, _KEPT)
    counted: tuple[cases.Flows, dict[Moment | None, int]] = told
    return counted


def accounts(request: DeskRequest, head: Head) -> HttpResponse:
    """List the accounts concerned, by name; the list alone where htmx asks for it."""
    if request.method == "POST":
        return searched(request)
    wanted = asked(request)
    page = cases.accounts(request.member, head.case.reference, wanted)
    told = {"page": page, "asked": wanted, "next": next_page(request, page.after)}
    if request.htmx:
        frame = frame_of(request, head, "accounts")
        return render(request, "console/case/account_rows.html", {**frame, **told})
    return shown(request, head, "accounts", told)


def timeline(request: DeskRequest, head: Head) -> HttpResponse:
    """Tell what happened, latest first."""
    page = cases.timeline(request.member, head.case.reference, asked(request))
    return shown(request, head, "timeline", {"page": page, "next": next_page(request, page.after)})


def reports(request: DeskRequest, head: Head) -> HttpResponse:
    """List what customers told, with what it may mean."""
    page = cases.reports(request.member, head.case.reference, asked(request))
    return shown(request, head, "reports", {"page": page, "next": next_page(request, page.after)})


def ledger(request: DeskRequest, head: Head) -> HttpResponse:
    """Show the entries of the ledger that belong to the case, latest first."""
    before = after_of(request)
    number = int(before) if before.isascii() and before.isdigit() and len(before) < _LONG else None
    search = cases.Search(case=head.case.reference, before=number)
    page = cases.entries(request.rooms.desk, request.member, search)
    after = "" if page.after is None else str(page.after)
    return shown(request, head, "ledger", {"page": page, "next": next_page(request, after)})


def export(request: DeskRequest, head: Head) -> HttpResponse:
    """Ask whether all of a case is to be handed out, and hand it out as a signed bundle, on record."""
    if request.method != "POST":
        return shown(request, head, "export", {})
    reference = head.case.reference
    bundle = cases.export_case(request.rooms.desk, request.member, reference, present())
    name = f'attachment; filename="{reference}.tar"'
    return HttpResponse(bundle, "application/x-tar", headers={"Content-Disposition": name})


def plans(request: DeskRequest, head: Head) -> HttpResponse:
    """List the plans of the case, newest first."""
    known = cases.references(head.case.reference)
    wanted = PlansWanted(_PLANS, Place.read(after_of(request)), known)
    found, last = request.rooms.holds.plans.page(request.member, wanted)
    after = "" if last is None else str(last)
    return shown(request, head, "plans", {"plans": found, "next": next_page(request, after)})


_PLANS = 25
_FLOWS = 12
"""Drawn one by one; the rest is counted."""
_KEPT = 600
"""Seconds."""
_LONG = 19
"""Digits of a number that no entry has."""
_READS = (Permission.CASE_READ,)
_EXPORTS = (Permission.CASE_EXPORT,)
_RECORD = (Permission.LEDGER_READ,)
PAGES = (
    Page("cases/<str:reference>/", "cases-one", of_case(overview), _READS),
    Page("cases/<str:reference>/picture/", "cases-picture", of_case(picture), _READS),
    Page(
        "cases/<str:reference>/accounts/", "cases-accounts", of_case(accounts), _READS, noted=True
    ),
    Page("cases/<str:reference>/plans/", "cases-plans", of_case(plans), _READS),
    Page("cases/<str:reference>/reports/", "cases-reports", of_case(reports), _READS, noted=True),
    Page(
        "cases/<str:reference>/timeline/", "cases-timeline", of_case(timeline), _READS, noted=True
    ),
    Page("cases/<str:reference>/export/", "cases-export", of_case(export, *_EXPORTS), _EXPORTS),
    Page(
        "cases/<str:reference>/ledger/",
        "cases-ledger",
        of_case(ledger, *_RECORD),
        _RECORD,
        noted=True,
    ),
)
