"""Today: what needs the reader now, each figure a door to what it counts."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Stage
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.health import health
from postwarden.evidence.settings import has_snapshot
from postwarden.holds.service import held_told
from postwarden.people.service import Member, Permission
from postwarden.relocation.service import troubles, waiting_for_person
from postwarden.rooms import Rooms, present

_MOST = 200


class Stuck(NamedTuple):
    """A repair with copies that wait for a person: its case, its plan, and how many."""

    case: str
    plan: str
    copies: int


def today(request: DeskRequest) -> HttpResponse:
    """Show what waits for the reader, which clocks run, and what is wrong."""
    told: dict[str, Any] = {"now": present(), "reads": _may(request.member, Permission.CASE_READ)}
    if _may(request.member, Permission.EVIDENCE_TAKE):
        told |= _evidence(request)
    if told["reads"]:
        told |= _of_cases(request)
    return render(request, "console/today.html", told)


def _evidence(request: DeskRequest) -> dict[str, Any]:
    """Tell whether there is a snapshot, and what the worker does about one."""
    if has_snapshot(request.rooms.configuration.evidence.path):
        return {}
    scan = next(iter(request.rooms.errands.scans(request.member)), None)
    return {"no_snapshot": True, "scan": scan}


def _of_cases(request: DeskRequest) -> dict[str, Any]:
    rooms, who, now = request.rooms, request.member, present()
    open_cases = cases.some_cases(who, Asked(most=_MOST), (Stage.OPEN,)).rows
    known = {one.reference for one in open_cases}
    return {
        "cases": open_cases,
        "clocks": [(one, one.left(now), one.share(now)) for one in cases.clocks(open_cases)],
        "plans": rooms.holds.plans.awaiting(who, now),
        "held": held_told(rooms.desk, who),
        "knocks": cases.knocks(who),
        "reports": cases.unmatched(who),
        "failed": _failed(rooms, who),
        "stuck": _stuck(rooms, who, known),
        "health": health(rooms),
        "opens": _may(who, Permission.CASE_EDIT),
    }


def _failed(rooms: Rooms, who: Member) -> list[tuple[str, str]]:
    """Give what the worker could not do yet: the plan it belongs to, "" for none, and why.

    It may name anybody's accounts, so only those are told who see every organisation.
    """
    if who.organisations(Permission.CASE_READ) is not None:
        return []
    stuck = troubles()
    away = rooms.holds.plans.hidden(who) if stuck else frozenset()
    repairs = [(plan, why) for plan, why in stuck.items() if plan not in away]
    pending = [("", one.trouble) for one in rooms.holds.pending(who) if one.trouble]
    return list(dict.fromkeys([*pending, *repairs]))


def _stuck(rooms: Rooms, who: Member, known: set[str]) -> list[Stuck]:
    there = who.organisations(Permission.CASE_READ)
    found: dict[tuple[str, str], int] = {}
    for one in waiting_for_person():
        mine = there is None or rooms.desk.organisation_of(one.holder) in there
        if mine and one.case in known:
            found[one.case, one.plan] = found.get((one.case, one.plan), 0) + 1
    return [Stuck(*where, copies) for where, copies in found.items()]


def _may(who: Member, permission: Permission) -> bool:
    there = who.organisations(permission)
    return there is None or bool(there)


PAGES = (Page("", "today", today, Opening.ANYBODY),)
