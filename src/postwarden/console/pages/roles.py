"""Roles of somebody: given and taken away, after a look at what that means."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from postwarden.console import words
from postwarden.console.forms import DeskForm
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.speaking import told as spoken
from postwarden.people.service import (
    EVERYWHERE,
    GRANTS,
    Grant,
    Member,
    Permission,
    Role,
    colleagues,
    give_role,
    may_give,
    take_role,
)
from postwarden.rooms import present
from postwarden.words.roles import MAY

_ACTS = {"give": give_role, "take": take_role}


class Change(DeskForm):
    """A role for one organisation or all of them; `meant` once it was looked at."""

    do = forms.ChoiceField(choices=[(one, one) for one in _ACTS], widget=forms.HiddenInput)
    role = forms.ChoiceField(label=_("Role"), choices=[*words.ROLES.items()])
    organisation = forms.ChoiceField(label=_("For"), required=False)
    meant = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, request: DeskRequest) -> None:
        super().__init__(request, initial={"do": "give"})
        every = request.rooms.configuration.organisations.every
        places = [(one.name, one.full_name) for one in every]
        there = [(EVERYWHERE, _("all organisations")), *places]
        self.fields["organisation"].choices = there  # type: ignore[attr-defined]  # a field of choices

    @property
    def grant(self) -> Grant:
        """What is given or taken away."""
        return Grant(Role(self.cleaned_data["role"]), self.cleaned_data["organisation"])


def roles(request: DeskRequest, name: str) -> HttpResponse:
    """Show somebody's roles; ask whether one is to be given or taken away, and do it."""
    whose = next((one for one in colleagues(request.member) if one.name == name), None)
    if whose is None:
        nobody = {"status": 404, "told": _("Nobody of that name works here.")}
        return render(request, "console/trouble.html", nobody, status=404)
    form = Change(request)
    if form.sent and not form.cleaned_data["meant"]:
        return render(request, "console/role.html", _asked(whose, form))
    if form.sent:
        with form.refusals():
            act = _ACTS[form.cleaned_data["do"]]
            act(name, form.grant, request.member, request.rooms.record, present())
            messages.success(request, _("Done. It counts from their next request on."))
            return redirect("settings-roles", name=name)
    told = {"one": whose, "form": form, "mine": name == request.member.name}
    told["gives"] = [one for one in Role if may_give(request.member, Grant(one, EVERYWHERE))]
    return render(request, "console/roles.html", told, status=form.status)


def _asked(whose: Member, form: Change) -> dict[str, object]:
    """Give what a change would mean: the permissions that come or go with it, not those they have besides."""
    grant, gives = form.grant, form.cleaned_data["do"] == "give"
    others = {
        right
        for one in whose.grants
        if one != grant and one.organisation in (EVERYWHERE, grant.organisation)
        for right in GRANTS[one.role]
    }
    change = sorted(GRANTS[grant.role] - others)
    return {
        "one": whose,
        "form": form,
        "grant": grant,
        "gives": gives,
        "may": [spoken(MAY[one]) for one in change],
    }


_MANAGES = (Permission.PERSON_MANAGE,)
PAGES = (Page("settings/people/<str:name>/roles/", "settings-roles", roles, _MANAGES, sure=True),)
