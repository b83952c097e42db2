"""What every page of a case stands in: its head, its tabs, and what its reader may do in it."""

from collections.abc import Mapping
from functools import wraps
from typing import Any, NamedTuple

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Head, NoSuchCase, State
from postwarden.console.gate import DeskRequest, View
from postwarden.console.lists import after_of, search_of
from postwarden.people.service import Member, NotAllowed, Permission
from postwarden.rooms import present
from postwarden.vocabulary import said

_ACTS = {
    "edit": Permission.CASE_EDIT,
    "export": Permission.CASE_EXPORT,
    "restrict": Permission.CASE_RESTRICT,
    "report": Permission.REPORT_ADD,
    "hold": Permission.HOLD_REQUEST,
    "preserve": Permission.HOLD_PRESERVE,
    "plan": Permission.PLAN_REQUEST,
    "ledger": Permission.LEDGER_READ,
}
_CHOOSING = frozenset({"edit", "hold", "preserve", "plan"})
"""What is done to accounts that were chosen."""


class Tab(NamedTuple):
    """A page of a case: the name of its address, and how many there are on it."""

    name: str
    words: Promise
    many: int | None = None


def of_case(view: View, *needs: Permission) -> View:
    """Give a page its case; who may not know of it hears what they would where there is none.

    Args:
        view: takes the request, the case's head, and what else its address names.
        needs: one of these, for one of the organisations concerned; none: to read the case is enough.
    """

    @wraps(view)
    def answer(request: DeskRequest, reference: str, **named: str) -> HttpResponseBase:
        try:
            head = cases.head(request.member, reference)
        except NotAllowed:
            raise NoSuchCase(said("{name}: there is no such case", name=reference)) from None
        if needs and not any(_has(request.member, one, head) for one in needs):
            request.member.allowed(needs[0], head.case.organisations[0])
        request.case = head.case.reference
        return view(request, head, **named)

    return answer


def shown(
    request: DeskRequest,
    head: Head,
    tab: str,
    told: Mapping[str, Any],
    template: str = "",
    status: int = 200,
) -> HttpResponse:
    """Show a page of a case: that of its tab, or another template."""
    name = template or f"console/case/{tab}.html"
    return render(request, name, {**frame_of(request, head, tab), **told}, status=status)


def frame_of(request: DeskRequest, head: Head, tab: str) -> Mapping[str, Any]:
    """Give what the frame of a case's pages is made from."""
    may = {name for name, one in _ACTS.items() if _has(request.member, one, head)}
    is_open = head.case.stage is cases.Stage.OPEN
    tabs = [
        Tab("cases-one", _("Overview")),
        Tab("cases-accounts", _("Accounts"), head.accounts),
        Tab("cases-findings", _("Findings"), sum(head.findings.values())),
        Tab("cases-plans", _("Plans")),
        Tab("cases-reports", _("Reports"), head.reports),
        Tab("cases-timeline", _("Timeline"), head.entries),
    ]
    if "ledger" in may:
        tabs.append(Tab("cases-ledger", _("Ledger")))
    return {
        "head": head,
        "reference": head.case.reference,
        "tabs": tabs,
        "tab": f"cases-{tab}",
        "now": present(),
        "may": dict.fromkeys(may, True),
        "clean": sum(head.states.get(one, 0) for one in (State.CLEARED, State.REPAIRED)),
        "wrong": head.states.get(State.TO_REPAIR, 0),
        "is_open": is_open,
        "errand": request.rooms.errands.of_case(head.case.reference),
        "acts": is_open and not may.isdisjoint(_CHOOSING),
    }


def asked(request: DeskRequest) -> Asked:
    """Read what is wanted of a list, as it was sent or as it stands in the address."""
    told = request.POST if request.method == "POST" else request.GET
    named = told.getlist("state")
    states = tuple(one for one in State if one.value in named)
    return Asked(states=states, search=search_of(request), after=after_of(request))


def _has(who: Member, permission: Permission, head: Head) -> bool:
    there = who.organisations(permission)
    return there is None or not there.isdisjoint(head.case.organisations)
