"""Settings: one's own, and those of the installation: organisations, people, retention."""

from functools import cache
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from postwarden.console.forms import LongSelect
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.speaking import told as spoken
from postwarden.console.words import ROLES
from postwarden.people.service import (
    EVERYWHERE,
    Grant,
    Member,
    NameTaken,
    Permission,
    Role,
    bring,
    bring_back,
    colleagues,
    may_give,
    retire,
    settle,
    was_let_in,
)
from postwarden.rooms import present

_OWN = (("", _("as the provider's")),)


@cache
def _places() -> tuple[tuple[str, str], ...]:
    """Give every zone there is: to list them, files are read."""
    return tuple((one, one) for one in sorted(available_timezones()) if "/" in one)


def _zones() -> list[tuple[str, object]]:
    return [*_OWN, *_places()]


class Own(forms.Form):
    """How somebody wants to read."""

    zone = forms.ChoiceField(
        label=_("Your times are those of"), choices=_zones, required=False, widget=LongSelect
    )
    language = forms.ChoiceField(
        label=_("You read"),
        choices=[("", _("what your browser asks for")), *settings.LANGUAGES],
        required=False,
    )


def own(request: DeskRequest) -> HttpResponse:
    """Show and change what is one's own."""
    who = request.member
    form = Own(request.POST or None, initial={"zone": who.zone, "language": who.language})
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        settle(who.name, told["zone"], told["language"], request.rooms.record, present())
        messages.success(request, _("Kept."))
        return redirect("own")
    return render(request, "console/own.html", {"form": form})


class Newcomer(forms.Form):
    """Somebody to add, with one role; more are given on the command line."""

    name = forms.RegexField(
        r"\A[a-z][a-z0-9._-]{0,63}\Z",
        label=_("Name"),
        help_text=_("Short and unique, such as anna; it stands in the record."),
    )
    full_name = forms.CharField(label=_("Full name"), max_length=200)
    role = forms.ChoiceField(label=_("Role"))
    organisation = forms.ChoiceField(label=_("For"), required=False)

    def __init__(self, request: DeskRequest, *, sent: bool) -> None:
        super().__init__(request.POST if sent else None)
        every = request.rooms.configuration.organisations.every
        places = (EVERYWHERE, *(one.name for one in every))
        self.fields["role"] = forms.ChoiceField(
            label=_("Role"),
            help_text=_("None that can do what you cannot: the command line gives those."),
            choices=[
                (role.value, ROLES[role])
                for role in Role
                if any(may_give(request.member, Grant(role, place)) for place in places)
            ],
        )
        self.fields["organisation"] = forms.ChoiceField(
            label=_("For"),
            required=False,
            choices=[
                (EVERYWHERE, _("all organisations")),
                *((one.name, one.full_name) for one in every),
            ],
        )


def everything(request: DeskRequest) -> HttpResponse:
    """Show what is set for the installation; add somebody."""
    form = Newcomer(request, sent=request.method == "POST")
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        name, grant = told["name"], Grant(Role(told["role"]), told["organisation"])
        record, now = request.rooms.record, present()
        try:
            token = bring(name, told["full_name"], grant, request.member, record, now)
        except NameTaken as error:
            form.add_error("name", spoken(error))
        else:
            return _invited(request, name, token)
    configuration = request.rooms.configuration
    told = {
        "form": form,
        "people": colleagues(request.member),
        "organisations": configuration.organisations.every,
        "evidence_days": configuration.evidence.expiry_days,
        "quarantine": configuration.quarantine,
        "remind_hours": configuration.holds.remind_hours,
        "provider": configuration.provider,
    }
    return render(request, "console/settings.html", told)


def person(request: DeskRequest, name: str) -> HttpResponse:
    """Show somebody; invite them anew, or let them act no more, after a look at who it is."""
    found = next((one for one in colleagues(request.member) if one.name == name), None)
    if found is None:
        nobody = {"status": 404, "told": _("Nobody of that name works here.")}
        return render(request, "console/trouble.html", nobody, status=404)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do == "invite":
        token = bring_back(name, request.member, request.rooms.record, present())
        return _invited(request, name, token)
    if do == "retire" and not _is_last(request, found):
        retire(name, request.member.name, request.rooms.record, present())
        messages.success(request, _("{name} acts no more.").format(name=name))
        return redirect("settings")
    told = {
        "one": found,
        "last": _is_last(request, found),
        "invites": name == request.member.name or not was_let_in(name),
    }
    return render(request, "console/person.html", told)


def _is_last(request: DeskRequest, found: Member) -> bool:
    """Tell whether nobody else could add people any more."""
    managing = (
        one
        for one in colleagues(request.member)
        if one.active and one.organisations(Permission.PERSON_MANAGE) is None
    )
    return [one.name for one in managing] == [found.name]


def _invited(request: DeskRequest, name: str, token: str) -> HttpResponse:
    """Show the one-time link, once: it is kept nowhere."""
    address = request.build_absolute_uri(f"/welcome/{token}/")
    return render(request, "console/invitation.html", {"name": name, "address": address})


_MANAGES = (Permission.PERSON_MANAGE,)
PAGES = (
    Page("own/", "own", own, Opening.ANYBODY),
    Page("settings/", "settings", everything, _MANAGES, sure=True),
    Page("settings/people/<str:name>/", "settings-person", person, _MANAGES, sure=True),
)
