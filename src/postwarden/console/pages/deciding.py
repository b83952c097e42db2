"""Copies of a plan that wait for a person: what to look at, and saying how it is."""

from typing import cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from postwarden.console.forms import DeskForm, sentence_field
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.speaking import told as spoken
from postwarden.custody.service import Plan
from postwarden.people.service import Permission
from postwarden.relocation.service import Outcome, Stuck, is_repair
from postwarden.words.repairs import why_told

_ARRIVED = (("yes", _("They have it.")), ("no", _("It never arrived, and may be delivered.")))


class Deciding(DeskForm):
    """What somebody saw who looked."""

    copy = forms.ChoiceField(label=_("Which copy"), widget=forms.RadioSelect)
    arrived = forms.ChoiceField(
        label=_("How it is with those it was meant for"), widget=forms.RadioSelect, choices=_ARRIVED
    )
    why = sentence_field(label=_("What you saw"))

    def __init__(self, request: DeskRequest, stuck: list[Stuck]) -> None:
        super().__init__(request)
        copy = cast("forms.ChoiceField", self.fields["copy"])
        copy.choices = [(one.finding, _line(one)) for one in stuck]


def decide(request: DeskRequest, start: str) -> HttpResponse:
    """List the copies that need a person, and take what somebody found out of one."""
    plan = request.rooms.holds.plans.shown(start, request.member).plan
    stuck = _waiting(request, plan)
    form = Deciding(request, stuck)
    if form.sent:
        with form.refusals():
            given, repairs = form.cleaned_data, request.rooms.repairs
            arrived = given["arrived"] == "yes"
            repairs.decide(plan.hash, given["copy"], request.member, given["why"], arrived=arrived)
            messages.success(
                request,
                _(
                    "Kept. Take a snapshot, examine the case, and plan a repair again: it goes by that."
                ),
            )
            return redirect("plans-one", start=plan.hash)
    told = {"plan": plan, "stuck": stuck, "form": form}
    return render(request, "console/decide.html", told, status=form.status)


def _waiting(request: DeskRequest, plan: Plan) -> list[Stuck]:
    """Give the copies that wait; of a plan that concerns others' organisations, nobody may decide alone."""
    if not is_repair(plan):
        return []
    of = request.rooms.desk.organisation_of
    for organisation in sorted({of(account) for account in plan.accounts}):
        request.member.allowed(Permission.PLAN_REQUEST, organisation)
    every = request.rooms.repairs.stuck(plan.hash)
    return [one for one in every if one.outcome is Outcome.NEEDS_PERSON]


def _line(one: Stuck) -> str:
    why = spoken(why_told(one.why)) if one.why is not None else ""
    return " · ".join(filter(None, (one.holder, " ".join(("→", *one.owners)), why, one.finding)))


PAGES = (Page("plans/<str:start>/decide/", "plans-decide", decide, (Permission.PLAN_REQUEST,)),)
