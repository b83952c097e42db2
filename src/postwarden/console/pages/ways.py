"""Ways about: the search over everything, the list of shortcuts, and the components for developers."""

import os
from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from postwarden.cases import service as cases
from postwarden.cases.service import Asked, State
from postwarden.cases.service import Stage as CaseStage
from postwarden.console.frame import RAIL, may_see
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.lists import search_of, searched
from postwarden.custody.service import Stage
from postwarden.people.service import Permission
from postwarden.rooms import present
from postwarden.veiled import veil

DEBUG = "POSTWARDEN_COMPONENTS"
"""Set to 1 where developers look at the components."""
_FEW = 10


class Hit(NamedTuple):
    """Something that was found: what it is called, more of it, and where it is."""

    words: str
    more: str
    address: str


def search(request: DeskRequest) -> HttpResponse:
    """Find cases, accounts, plans and pages by part of their name."""
    if request.method == "POST":
        return searched(request)
    asked = search_of(request)[:200]
    there = request.member.organisations(Permission.CASE_READ)
    reads = there is None or bool(there)
    groups = _groups(request, asked.casefold(), reads=reads) if asked else {}
    return render(request, "console/search.html", {"asked": asked, "groups": groups})


def _groups(request: DeskRequest, asked: str, *, reads: bool) -> dict[str, list[Hit]]:
    found = {"pages": _pages(request, asked), "cases": [], "accounts": [], "plans": []}
    if reads:
        found["cases"] = _cases(request, asked)
        found["accounts"] = [
            Hit(one.account, one.organisation, _to("accounts-one", veiled=veil(one.account)))
            for one in cases.known_accounts(request.member, Asked(search=asked, most=_FEW)).rows
        ]
        found["plans"] = _plans(request, asked)
    return {name: hits for name, hits in found.items() if hits}


def _cases(request: DeskRequest, asked: str) -> list[Hit]:
    every = cases.every_case(request.member)
    fitting = [one for one in every if asked in f"{one.reference} {one.title}".casefold()]
    return [
        Hit(one.reference, one.title, _to("cases-one", reference=one.reference))
        for one in fitting[:_FEW]
    ]


def _plans(request: DeskRequest, asked: str) -> list[Hit]:
    every = [one.plan for one in request.rooms.holds.plans.seen(request.member)]
    fitting = [one for one in every if asked in f"{one.hash} {one.reason}".casefold()]
    return [
        Hit(one.hash[:12], one.reason, _to("plans-one", start=one.hash))
        for one in fitting[::-1][:_FEW]
    ]


def _pages(request: DeskRequest, asked: str) -> list[Hit]:
    mine = (one for one in RAIL if may_see(request.member, one))
    return [
        Hit(str(one.words), "", _to(one.name)) for one in mine if asked in str(one.words).casefold()
    ]


def _to(name: str, **named: str) -> str:
    return reverse(name, kwargs=named)


def shortcuts(request: DeskRequest) -> HttpResponse:
    """List the keys."""
    return render(request, "console/shortcuts.html")


def components(request: DeskRequest) -> HttpResponse:
    """Show the components in all their forms, for developers: only where they asked for it."""
    if os.environ.get(DEBUG) != "1":
        raise Http404
    told = {"states": list(State), "stages": list(Stage), "now": present(), "open": CaseStage.OPEN}
    told["languages"] = settings.LANGUAGES
    return render(request, "console/components.html", told)


PAGES = (
    Page("search/", "search", search, Opening.ANYBODY),
    Page("shortcuts/", "shortcuts", shortcuts, Opening.ANYBODY),
    Page("components/", "components", components, Opening.ANYBODY),
)
