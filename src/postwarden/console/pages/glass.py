"""Break-glass: asking for one message, agreeing to it, and reading it as text."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from postwarden.cases.service import NoSuchCase
from postwarden.console.gate import DeskRequest, Page, View
from postwarden.console.keys import signing
from postwarden.console.pages.live import Look, streamed
from postwarden.console.speaking import told as spoken
from postwarden.console.zones import zone_of
from postwarden.glass.service import (
    CHOICES,
    LEAST_WORDS,
    WAITS,
    Glass,
    GlassDesk,
    GlassError,
    NoSuchRequest,
    Readings,
    Refusal,
    Refused,
    Stage,
    Wish,
    consent,
)
from postwarden.people.service import Permission, tied
from postwarden.relocation.service import Wanted
from postwarden.rooms import present
from postwarden.words.glass import ABSENCES, REFUSALS

if TYPE_CHECKING:
    from postwarden.evidence.service import Copies

_COOKIE = "reading"
"""What opens one message: of the browser that asked for it, sent to the page that shows it alone."""
_SECOND = 1_000_000
_LONG = 15 * _SECOND
"""Microseconds after which who waits is asked whether a worker runs."""


class Which(forms.Form):
    """The message that somebody has to read."""

    account = forms.CharField(label=_("Account"), max_length=320)
    message_id = forms.CharField(
        label=_("Message-ID"),
        max_length=998,
        help_text=_("With its angle brackets, as the list of findings has it."),
    )


class Why(Which):
    """Which copy of it, why, and for how long."""

    place = forms.CharField(widget=forms.HiddenInput, max_length=2_000)
    case = forms.CharField(label=_("Case"), max_length=32)
    why = forms.CharField(
        label=_("Why it has to be read"),
        min_length=LEAST_WORDS,
        max_length=2_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Who agrees reads this, and it stands on record. Name nobody else in it."),
    )
    minutes = forms.TypedChoiceField(
        label=_("For how long, once somebody agreed"),
        coerce=int,
        choices=[(minutes, format_lazy(_("{n} minutes"), n=minutes)) for minutes in CHOICES],
    )


class Consent(forms.Form):
    """Somebody's signed consent, as the browser sends it."""

    signature = forms.CharField(max_length=10_000)


class No(forms.Form):
    """A refusal."""

    why = forms.CharField(label=_("Why not"), max_length=2_000)


def _told(view: Callable[..., HttpResponseBase]) -> View:
    """Give a page the room, and tell in words why something is not allowed."""

    @wraps(view)
    def answer(request: DeskRequest, **named: str) -> HttpResponseBase:
        try:
            return view(request, GlassDesk(request.rooms.desk), **named)
        except Refused as error:
            told, status = spoken(REFUSALS[error.refusal]), 409
        except NoSuchRequest as error:
            told, status = spoken(error), 404
        return render(
            request, "console/trouble.html", {"status": status, "told": told}, status=status
        )

    return answer


def every(request: DeskRequest, desk: GlassDesk) -> HttpResponse:
    """List what was asked for, by whom, and what became of it."""
    there = request.member.organisations(Permission.GLASS_ASK)
    may_ask = there is None or bool(there)
    told = {"requests": desk.every(request.member), "now": present(), "may_ask": may_ask}
    return render(request, "console/glass.html", told)


def ask(request: DeskRequest, desk: GlassDesk) -> HttpResponse:
    """Find the copies of a message, and ask to read one of them."""
    form: forms.Form = Which(request.POST or None)
    copies = _copies(request, desk, form) if form.is_valid() else None
    if "place" not in request.POST or copies is None:
        why = Why(initial={**request.POST.dict(), "place": ""}) if copies and copies.found else None
        return _asking(request, form, why, copies)
    form = Why(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        for one in copies.found:
            if told["place"] == f"{one.store} {one.folder} {one.file}":
                named = (one.account, one.folder, one.file, one.guid, one.uid, one.header_hash)
                copy = Wanted(told["place"], *named)
                wish = Wish(told["case"], told["why"], told["minutes"], one.store, copy)
                try:
                    found = desk.ask(wish, request.member, present())
                except NoSuchCase:
                    form.add_error("case", _("There is no such case."))
                    break
                return redirect("glass-one", start=found.asked.hash)
    return _asking(request, Which(request.POST), form, copies)


def _copies(request: DeskRequest, desk: GlassDesk, form: forms.Form) -> "Copies | None":
    """Look for the message that was named, which is on record."""
    from postwarden.evidence.service import copies_of  # noqa: PLC0415  # slow to load

    told = form.cleaned_data
    message_id = told["message_id"].strip()
    account = desk.searched(told["account"], message_id, request.member, present())
    return copies_of(request.rooms.configuration.evidence.path, account, message_id)


def _asking(
    request: DeskRequest, form: forms.Form, why: Why | None, copies: "Copies | None"
) -> HttpResponse:
    told = {"form": form, "why": why, "copies": copies, "asked": request.method == "POST"}
    return render(request, "console/glass_ask.html", told)


def one(request: DeskRequest, desk: GlassDesk, start: str) -> HttpResponse:
    """Show a request; take somebody's signed consent, or their refusal."""
    found = desk.one(start, request.member)
    form, no = Consent(request.POST or None), No(request.POST or None)
    if request.method == "POST" and "signature" in request.POST and form.is_valid():
        desk.grant(start, request.member, form.cleaned_data["signature"], present())
        messages.success(request, _("You agreed. It is on record, with what you signed."))
        return redirect("glass-one", start=start)
    if request.method == "POST" and "why" in request.POST and no.is_valid():
        desk.refuse(start, request.member, no.cleaned_data["why"], present())
        return redirect("glass-one", start=start)
    return render(request, "console/glass_one.html", _facts(request, found, no))


def _facts(request: DeskRequest, found: Glass, no: No) -> dict[str, object]:
    mine = found.asked.asked_by == request.member.name
    organisation = request.rooms.desk.organisation_of(found.asked.account)
    there = request.member.organisations(Permission.GLASS_GRANT)
    waits = (there is None or organisation in there) and not mine and found.answer is None
    is_tied = tied(found.asked.asked_by, request.member.name)
    return {
        "one": found,
        "no": no if request.method == "POST" else No(),
        "mine": mine,
        "grants": waits and not is_tied,
        "tied": REFUSALS[Refusal.TIED] if waits and is_tied else "",
        "signing": signing(request.member, consent(found.asked), request.get_host()),
        "now": present(),
    }


def message(request: DeskRequest, desk: GlassDesk, start: str) -> HttpResponse:
    """Ask the worker for the message, which takes a POST; show how far that is, and what came of it."""
    found, readings = desk.one(start, request.member), Readings(request.rooms.desk)
    if request.method == "POST":
        secret = readings.begin(start, request.member, present())
        answer = redirect("glass-message", start=start)
        answer.set_cookie(
            _cookie(request), secret, WAITS // _SECOND, path=reverse("glass-shown", args=(start,)),
            secure=request.is_secure(), httponly=True, samesite="Strict",
        )  # fmt: skip
        return answer
    told = _reading(request, start)
    if told["reading"] is None:
        return redirect("glass-one", start=start)
    return render(request, "console/glass_message.html", {"one": found, **told})


def live(request: DeskRequest, desk: GlassDesk, start: str) -> HttpResponse | StreamingHttpResponse:
    """Send how far the worker is."""
    found = desk.one(start, request.member)

    def look() -> Look:
        try:
            told = _reading(request, start)
        except GlassError:  # its time ended meanwhile; the page says so when it is loaded again
            told = {"reading": None}
        reading = told["reading"]
        goes_on = reading is not None and reading.stage is Stage.WAITING
        return Look({"one": found, **told}, goes_on)

    Readings(request.rooms.desk).one(start, request.member, present())
    return streamed(request, "console/parts/glass_reading.html", look)


def _reading(request: DeskRequest, start: str) -> dict[str, Any]:
    now = present()
    reading = Readings(request.rooms.desk).one(start, request.member, now)
    absence = None if reading is None else reading.absence
    return {
        "reading": reading,
        "absence": "" if absence is None else spoken(ABSENCES[absence]),
        "trouble": "" if reading is None else spoken(reading.trouble),
        "late": reading is not None and now - reading.asked_at > _LONG,
        "now": now,
        "zone": zone_of(request),
    }


def shown(request: DeskRequest, desk: GlassDesk, start: str) -> HttpResponse:
    """Show the message as text to who asked for it, once; it is on record, so that it takes a POST."""
    found = desk.one(start, request.member)
    if request.method != "POST":
        return redirect("glass-one", start=start)
    secret = request.COOKIES.get(_cookie(request), "")
    text = Readings(request.rooms.desk).show(start, secret, request.member, present())
    told = {"one": found, "message": text, "now": present()}
    answer = render(request, "console/glass_read.html", told)
    place = reverse("glass-shown", args=(start,))
    answer.delete_cookie(_cookie(request), path=place, samesite="Strict")
    return answer


def _cookie(request: DeskRequest) -> str:
    """Give the cookie's name: where it is set by HTTPS, one that browsers take by nothing else."""
    return f"__Secure-{_COOKIE}" if request.is_secure() else _COOKIE


_ASKS = (Permission.GLASS_ASK,)
_SEES = (Permission.GLASS_ASK, Permission.GLASS_GRANT)
PAGES = (
    Page("break-glass/", "glass", _told(every), _SEES, noted=True),
    Page("break-glass/ask/", "glass-ask", _told(ask), _ASKS),
    Page("break-glass/<str:start>/", "glass-one", _told(one), _SEES, noted=True),
    Page("break-glass/<str:start>/message/", "glass-message", _told(message), _ASKS),
    Page("break-glass/<str:start>/message/live/", "glass-live", _told(live), _ASKS),
    Page("break-glass/<str:start>/message/shown/", "glass-shown", _told(shown), _ASKS),
)
