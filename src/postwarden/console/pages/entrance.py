"""The way in: the first person, a password by a one-time link, the second factor."""

from collections.abc import Mapping

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from postwarden.console.firstly import is_first
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.signing import has_second_factor, set_password
from postwarden.console.speaking import told as spoken
from postwarden.console.words import ROLES
from postwarden.people.service import (
    EVERYWHERE,
    BadInvitation,
    Grant,
    NameTaken,
    Role,
    add,
    members,
    redeem,
)
from postwarden.rooms import Rooms, present
from postwarden.vocabulary import PostwardenError


class Password(forms.Form):
    """A new password, once: it can be looked at while it is written."""

    password = forms.CharField(
        label=_("New password"),
        help_text=_("At least 12 characters; several words are good."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        validators=[validate_password],
        strip=False,
    )


def invited(request: DeskRequest, token: str) -> HttpResponse:
    """Let somebody who holds a one-time link choose a password; the link is used up by that alone."""
    form = Password(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                who = redeem(token, request.rooms.record, present())
                set_password(who.name, form.cleaned_data["password"])
        except BadInvitation as error:
            return _gone(request, error)
        return redirect("account_login")
    return render(request, "console/invited.html", {"form": form, "name": token.partition(".")[0]})


class FirstPerson(Password):
    """The first person: they can add all others."""

    name = forms.RegexField(
        r"\A[a-z][a-z0-9._-]{0,63}\Z",
        label=_("Your name here"),
        help_text=_("Short and unique, such as anna; it stands in the record."),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    full_name = forms.CharField(label=_("Your full name"), max_length=200)
    role = forms.ChoiceField(
        label=_("You are"),
        choices=[(one, ROLES[one]) for one in (Role.POSTMASTER, Role.OFFICER)],
        widget=forms.RadioSelect,
        initial=Role.POSTMASTER,
    )
    field_order = ("name", "full_name", "role", "password")


def set_up(request: DeskRequest, given: str) -> HttpResponse:
    """Let the first person in, who holds the link that `postwarden serve` printed."""
    if members() or not is_first(given, settings.SECRET_KEY):
        gone = _("Somebody works here already, or this is not the link that was printed.")
        return _gone(request, str(gone))
    form = FirstPerson(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _add_first(request.rooms, form.cleaned_data)
        except NameTaken as error:
            form.add_error("name", spoken(error))
        else:
            return redirect("account_login")
    return render(request, "console/set_up.html", {"form": form})


def _add_first(rooms: Rooms, told: Mapping[str, str]) -> None:
    grants = [Grant(Role(told["role"]), EVERYWHERE)]
    with transaction.atomic():
        add(told["name"], told["full_name"], grants, told["name"], rooms.record, present())
        set_password(told["name"], told["password"])


def _gone(request: DeskRequest, told: str | PostwardenError) -> HttpResponse:
    return render(
        request, "console/trouble.html", {"status": 410, "told": spoken(told)}, status=410
    )


def second_factor(request: DeskRequest) -> HttpResponse:
    """Ask for the second factor of who has none yet."""
    if has_second_factor(request):
        return redirect("today")
    return render(request, "console/second_factor.html")


PAGES = (
    Page("set-up/<str:given>/", "set-up", set_up, Opening.NOBODY),
    Page("welcome/<str:token>/", "invited", invited, Opening.NOBODY),
    Page("second-factor/", "second-factor", second_factor, Opening.HALF),
)
