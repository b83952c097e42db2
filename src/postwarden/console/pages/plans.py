"""One plan: what would be done to whom, somebody else's signed consent, and how far it is."""

from collections.abc import Sequence
from typing import NamedTuple

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postwarden.cases import service as cases
from postwarden.cases.service import CaseError, Found
from postwarden.console.diff import changes, findings_of
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.going import told_of
from postwarden.console.keys import Signing, signing
from postwarden.custody.service import Act, Kind, Seen, Stage, consent
from postwarden.people.service import NotAllowed, Permission, tied
from postwarden.rooms import present
from postwarden.vocabulary import Moment

_HOUR = 3_600_000_000
_LATEST = 1 << 53
"""Beyond any moment that an approval can end at, and still a date."""
_MOST = 50
"""Acts of one page; all of them are signed."""
_DIGITS = 9


class Consent(forms.Form):
    """A signed approval, as the browser sends it."""

    expires = forms.IntegerField(min_value=0, max_value=_LATEST)
    signature = forms.CharField(max_length=10_000)


class Lasting(NamedTuple):
    """For how long an approval may count, and what is signed for that."""

    hours: int
    expires: Moment
    signing: Signing


def plan(request: DeskRequest, start: str) -> HttpResponse:
    """Show a plan as a diff, with whom it waits for and how far it is; take somebody's approval."""
    seen = request.rooms.holds.plans.shown(start, request.member)
    request.case = seen.plan.case or None
    form = Consent(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        request.rooms.holds.approve(
            seen.plan.hash, request.member, told["expires"], told["signature"], present()
        )
        messages.success(request, _("Approved. What you signed is on record."))
        return redirect("plans-one", start=seen.plan.hash)
    first = _first(request.GET.get("from", ""), len(seen.acts))
    acts = seen.acts[first : first + _MOST]
    return render(
        request,
        "console/plan.html",
        {
            "seen": seen,
            "rows": changes(acts, _found(request, seen, acts)),
            "first": first,
            "last": first + len(acts),
            "before": max(first - _MOST, 0) if first else None,
            "next": first + _MOST if first + _MOST < len(seen.acts) else None,
            "others": len(seen.plan.acts) - len(seen.acts),
            "lasting": _lasting(request, seen),
            "puts_back": seen.plan.kinds == {Kind.RESTORE},
            **told_of(request, seen.plan, seen.plan.stage),
        },
    )


def _first(text: str, acts: int) -> int:
    """Read from which act on they are shown; what is none is the first page."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else 0
    return number - number % _MOST if number < acts else 0


def _found(request: DeskRequest, seen: Seen, acts: Sequence[Act]) -> dict[str, Found]:
    """Give what the case knows of the copies on the page; nothing where its reader may not know it."""
    ids = findings_of(acts)
    if not ids or not seen.plan.case:
        return {}
    try:
        return cases.some_findings(request.rooms.desk, request.member, seen.plan.case, ids)
    except (CaseError, NotAllowed):
        return {}


def _lasting(request: DeskRequest, seen: Seen) -> list[Lasting]:
    """Give what may be signed; nothing where it is not for this reader to approve, or not now."""
    plan, who = seen.plan, request.member
    signed = any(one.approver == who.name for one in plan.approvals)
    waits = plan.stage in (Stage.FROZEN, Stage.APPROVED, Stage.STOPPED) or (
        plan.emergency and not signed
    )
    other = plan.requester != who.name and not tied(plan.requester, who.name)
    if not waits or not other or not _may_approve(request, seen):
        return []
    found = []
    for hours in (1, 8, 24):
        expires = present() + hours * _HOUR - 60_000_000  # a minute is for reading and signing
        words = consent(plan.hash, len(plan.acts), expires)
        found.append(Lasting(hours, expires, signing(who, words, request.get_host())))
    return found


def _may_approve(request: DeskRequest, seen: Seen) -> bool:
    there = request.member.organisations(Permission.PLAN_APPROVE)
    if there is None:
        return True
    of = request.rooms.desk.organisation_of
    return {of(act.subject) for act in seen.plan.acts} <= there


PAGES = (Page("plans/<str:start>/", "plans-one", plan, (Permission.CASE_READ,), noted=True),)
