"""The ledger: searched, checked, and what vouches for it outside."""

from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from postwarden import wiring
from postwarden.cases import service as cases
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.speaking import told as spoken
from postwarden.console.zones import read_local, zone_of
from postwarden.people.service import NotAllowed, Permission
from postwarden.rooms import present
from postwarden.veiled import Use, unveil_for, veil_for
from postwarden.vocabulary import Moment
from postwarden.vouching import check_ledger
from postwarden.words import record

_HEADS = 20
_LAST = (1 << 63) - 1


class Search(forms.Form):
    """What is looked for; empty fields are whatever it is."""

    case = forms.CharField(label=_("Case"), required=False, max_length=32)
    actor = forms.CharField(label=_("Who did it"), required=False, max_length=64)
    act = forms.CharField(
        label=_("What was done"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"placeholder": "hold.placed"}),
    )
    since = forms.CharField(
        label=_("From"), required=False, widget=forms.DateTimeInput({"type": "datetime-local"})
    )
    until = forms.CharField(
        label=_("Before"), required=False, widget=forms.DateTimeInput({"type": "datetime-local"})
    )
    before = forms.IntegerField(
        required=False, min_value=0, max_value=_LAST, widget=forms.HiddenInput
    )
    request: DeskRequest

    def clean_since(self) -> Moment | None:
        """Read a time of the reader's zone."""
        return self._moment("since")

    def clean_until(self) -> Moment | None:
        """Read a time of the reader's zone."""
        return self._moment("until")

    def _moment(self, name: str) -> Moment | None:
        text = self.cleaned_data[name]
        try:
            return read_local(text, zone_of(self.request)) if text else None
        except ValueError:
            raise ValidationError(_("Write a date and a time, as 2026-03-17T02:14.")) from None


class Anchor(NamedTuple):
    """A place outside, and the newest head that was written there; None before the first."""

    name: str
    size: int | None
    at: Moment | None


def entries(request: DeskRequest) -> HttpResponse:
    """Show what was done, latest first, of what the reader may see.

    A POST with a search leads to what fits, by an address that names nobody; any other checks all of it.
    """
    if request.method == "POST":
        return _looked_for(request) if "actor" in request.POST else _verified(request)
    asked = request.GET.copy()
    asked["actor"] = unveil_for(request.member.name, Use.SEARCH, asked.get("of", "")) or ""
    form = Search(asked)
    form.request = request
    page = _page(request, form) if form.is_valid() else None
    query = request.GET.copy()
    if page is not None and page.after is not None:
        query["before"] = str(page.after)
    return render(
        request,
        "console/ledger.html",
        {"form": form, "page": page, "next": f"?{query.urlencode()}", **_vouched(request)},
    )


def _looked_for(request: DeskRequest) -> HttpResponse:
    query = request.POST.copy()
    query.pop("csrfmiddlewaretoken", None)
    actor = str(query.pop("actor")[-1])
    if actor:
        query["of"] = veil_for(request.member.name, Use.SEARCH, actor)
    return redirect(f"{request.path}?{query.urlencode()}")


def _page(request: DeskRequest, form: Search) -> cases.Pageful | None:
    search = cases.Search(**form.cleaned_data)
    try:
        return cases.entries(request.rooms.desk, request.member, search)
    except (cases.NoSuchCase, NotAllowed):  # the page is the reader's, so it is the case
        form.add_error("case", _("There is no such case."))
        return None


def _vouched(request: DeskRequest) -> dict[str, object]:
    book = request.rooms.ledger
    held = {one.anchor: one for one in book.anchored()}
    named = [one.name for one in wiring.anchors(request.rooms.configuration)]
    known = [Anchor(name, one.size, one.at) for name, one in held.items()]
    known += [Anchor(name, None, None) for name in named if name not in held]
    return {"anchors": known, "heads": book.heads(_HEADS), "origin": book.name}


def _verified(request: DeskRequest) -> HttpResponse:
    """Check the whole ledger; raises as `check_ledger`."""
    found, outside, sound = check_ledger(request.rooms, request.member.name)
    lines = [*record.verified(found), *record.anchors(outside), *record.stamps(outside.stamps)]
    told = {
        "lines": [*map(spoken, lines)],
        "sound": sound,
        "asked": not outside.away,
        "now": present(),
    }
    return render(request, "console/ledger_verified.html", told)


PAGES = (Page("ledger/", "ledger", entries, (Permission.LEDGER_READ,), noted=True),)
