"""Today: what needs the reader now, each figure a door to what it counts."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Stage
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.holds.service import held_told
from postwarden.ledger.service import Wanted
from postwarden.people.service import Member, Permission
from postwarden.relocation.service import troubles, waiting_for_person
from postwarden.rooms import Rooms, present
from postwarden.vocabulary import Moment

_DAY = 86_400_000_000
_MOST = 200


class Health(NamedTuple):
    """What the doctor said last, and when; `old` where that is more than a day ago."""

    result: str
    at: Moment
    old: bool


class Stuck(NamedTuple):
    """A repair with copies that wait for a person: its case, its plan, and how many."""

    case: str
    plan: str
    copies: int


def today(request: DeskRequest) -> HttpResponse:
    """Show what waits for the reader, which clocks run, and what is wrong."""
    told: dict[str, Any] = {"now": present(), "reads": _may(request.member, Permission.CASE_READ)}
    if told["reads"]:
        told |= _of_cases(request)
    return render(request, "console/today.html", told)


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
        "health": _health(rooms, now),
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


def _health(rooms: Rooms, now: Moment) -> Health | None:
    """Give what the doctor said last; None where it never ran, or its entry was erased."""
    last = next(rooms.ledger.latest(Wanted(act="doctor.ended")), None)
    if last is None or "detail" not in last.facts:
        return None
    return Health(str(last.facts["detail"].get("result", "")), last.at, now - last.at > _DAY)


def _may(who: Member, permission: Permission) -> bool:
    there = who.organisations(permission)
    return there is None or bool(there)


PAGES = (Page("", "today", today, Opening.ANYBODY),)
