"""One case: what it says of itself, and its pages of accounts, findings, plans and what happened."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postwarden.cases import service as cases
from postwarden.cases.service import Asked, Head, NoSuchCase, State
from postwarden.console.gate import DeskRequest, Page, View
from postwarden.console.rooms import present
from postwarden.people.service import NotAllowed, Permission


class Tab(NamedTuple):
    """A page of a case: the name of its address, and how many there are on it."""

    name: str
    words: Promise
    many: int | None = None


def _asked(request: DeskRequest, states: tuple[State, ...] = ()) -> Asked:
    """Read what is wanted of a list; databases have no NUL in text."""
    search, after = (request.GET.get(name, "").replace("\0", "") for name in ("search", "after"))
    return Asked(states=states, search=search.strip(), after=after)


def accounts(request: DeskRequest, head: Head) -> HttpResponse:
    """List the accounts concerned, by state and name; the list alone where htmx asks for it."""
    asked = _asked(
        request, tuple(one for one in State if one.value in request.GET.getlist("state"))
    )
    page = cases.accounts(request.member, head.case.reference, asked)
    told = {"page": page, "asked": asked, "next": _next(request, page.after)}
    if request.htmx:
        return render(request, "console/case/account_rows.html", {**_frame(head, ""), **told})
    return _shown(request, "accounts", head, told)


def findings(request: DeskRequest, head: Head) -> HttpResponse:
    """List the findings, by account."""
    asked = _asked(request)
    page = cases.findings(request.member, head.case.reference, asked)
    return _shown(request, "findings", head, {"page": page, "next": _next(request, page.after)})


def timeline(request: DeskRequest, head: Head) -> HttpResponse:
    """Tell what happened, latest first."""
    asked = _asked(request)
    page = cases.timeline(request.member, head.case.reference, asked)
    return _shown(request, "timeline", head, {"page": page, "next": _next(request, page.after)})


def plans(request: DeskRequest, head: Head) -> HttpResponse:
    """List the plans of the case, newest first."""
    every = request.rooms.holds.plans.seen(request.member)
    known = cases.references(head.case.reference)
    found = [one for one in reversed(every) if one.plan.case in known]
    return _shown(request, "plans", head, {"plans": found})


def _of_case(view: Callable[[DeskRequest, Head], HttpResponse]) -> View:
    """Give a page its case; who may not know of it hears what they would where there is none."""

    @wraps(view)
    def answer(request: DeskRequest, reference: str) -> HttpResponse:
        try:
            head = cases.head(request.member, reference)
        except NotAllowed:
            raise NoSuchCase(f"{reference}: there is no such case") from None
        return view(request, head)

    return answer


def _shown(request: DeskRequest, tab: str, head: Head, told: Mapping[str, Any]) -> HttpResponse:
    return render(request, f"console/case/{tab}.html", {**_frame(head, tab), **told})


def _frame(head: Head, tab: str) -> Mapping[str, Any]:
    tabs = (
        Tab("cases-accounts", _("Accounts"), head.accounts),
        Tab("cases-findings", _("Findings"), sum(head.findings.values())),
        Tab("cases-plans", _("Plans")),
        Tab("cases-timeline", _("Timeline"), head.entries),
    )
    reference = head.case.reference
    return {
        "head": head,
        "reference": reference,
        "tabs": tabs,
        "tab": f"cases-{tab}",
        "now": present(),
    }


def _next(request: DeskRequest, after: str) -> str:
    """Give the address of the page after this one; "" where there is none."""
    if not after:
        return ""
    query = request.GET.copy()
    query["after"] = after
    return f"{request.path}?{query.urlencode()}"


_READS = (Permission.CASE_READ,)
PAGES = (
    Page("cases/<str:reference>/", "cases-accounts", _of_case(accounts), _READS),
    Page("cases/<str:reference>/findings/", "cases-findings", _of_case(findings), _READS),
    Page("cases/<str:reference>/plans/", "cases-plans", _of_case(plans), _READS),
    Page("cases/<str:reference>/timeline/", "cases-timeline", _of_case(timeline), _READS),
)
