"""Work that the worker does for somebody: how far it is, what came of it, and stopping it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postwarden.console.forms import DeskForm
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.pages.live import Look, streamed
from postwarden.console.speaking import told as spoken
from postwarden.console.zones import zone_of
from postwarden.errands.service import Errand, Stage, trouble_for
from postwarden.people.service import Permission
from postwarden.rooms import present

_LONG = 15_000_000
"""Microseconds after which what nobody has begun asks whether a worker runs."""


def one(request: DeskRequest, number: int) -> HttpResponse:
    """Show how far some work is, or what came of it."""
    errand = request.rooms.errands.one(number, request.member)
    return render(request, "console/work.html", told_of(request, errand))


def live(request: DeskRequest, number: int) -> HttpResponse | StreamingHttpResponse:
    """Send how far it is."""

    def look() -> Look:
        errand = request.rooms.errands.one(number, request.member)
        return Look(told_of(request, errand), errand.goes_on)

    look()  # who may not know of it is told so, and gets no stream
    return streamed(request, "console/parts/work.html", look)


def stop(request: DeskRequest, number: int) -> HttpResponse:
    """Ask, then stop it."""
    errand = request.rooms.errands.one(number, request.member)
    form = DeskForm(request)
    if form.sent:
        with form.refusals():
            request.rooms.errands.stop(number, request.member, present())
            messages.success(request, _("Stopped."))
            return redirect("work-one", number=number)
    told = {**told_of(request, errand), "form": form}
    return render(request, "console/work_stop.html", told, status=form.status)


def told_of(request: DeskRequest, errand: Errand) -> dict[str, Any]:
    """Give what the part of a page that tells of some work is made from."""
    now = present()
    return {
        "errand": errand,
        "trouble": spoken(trouble_for(errand, request.member)),
        "unbegun": errand.stage is Stage.WAITING and now - errand.asked_at > _LONG,
        "zone": zone_of(request),
        "now": now,
    }


_KNOW = (Permission.EVIDENCE_READ, Permission.EVIDENCE_TAKE, Permission.CASE_READ)
_STOP = (Permission.EVIDENCE_TAKE, Permission.CASE_EDIT, Permission.PLAN_REQUEST)
PAGES = (
    Page("work/<int:number>/", "work-one", one, _KNOW),
    Page("work/<int:number>/live/", "work-live", live, _KNOW),
    Page("work/<int:number>/stop/", "work-stop", stop, _STOP),
)
