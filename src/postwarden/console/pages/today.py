"""Today: what needs the reader now."""

from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases import service as cases
from postwarden.cases.service import Stage as CaseStage
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.rooms import present
from postwarden.custody.service import Stage
from postwarden.people.service import Permission


def today(request: DeskRequest) -> HttpResponse:
    """Show open cases, plans that wait for the reader, and accounts still held."""
    holds, who = request.rooms.holds, request.member
    if not _reads_cases(request):
        return render(request, "console/today.html", {"cases": [], "plans": [], "held": []})
    open_cases = [one for one in cases.every_case(who) if one.stage is CaseStage.OPEN]
    waiting = [
        one.plan
        for one in holds.plans.seen(who)
        if one.plan.stage is Stage.FROZEN and one.plan.requester != who.name
    ]
    held = holds.seen(who)
    told = {"cases": open_cases, "plans": waiting, "held": held, "now": present()}
    return render(request, "console/today.html", told)


def _reads_cases(request: DeskRequest) -> bool:
    there = request.member.organisations(Permission.CASE_READ)
    return there is None or bool(there)


PAGES = (Page("", "today", today, Opening.ANYBODY),)
