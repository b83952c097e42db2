"""Whom a case is there for, asking to be let into one, and answering who asks."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postwarden.cases import service as cases
from postwarden.cases.service import Head
from postwarden.console import restriction_forms as forms
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.of_case import of_case, shown
from postwarden.console.pages.case_acts import acting
from postwarden.people.service import Permission
from postwarden.rooms import present


def insiders(request: DeskRequest, head: Head) -> HttpResponse:
    """Say to whom a case is restricted, if it is."""
    names = cases.insiders(request.member, head.case.reference)
    return shown(request, head, "insiders", {"insiders": names})


def knocking(request: DeskRequest) -> HttpResponse:
    """Ask to be let into a case; whether there is such a one is not told."""
    form = forms.Knocking(request)
    if form.sent:
        told = form.cleaned_data
        with form.refusals():
            desk, reference = request.rooms.desk, told["reference"].strip()
            cases.knock(desk, request.member, reference, told["why"], present())
            messages.success(
                request, _("If there is such a case, those who are let in see that you ask.")
            )
            return redirect("cases")
    return render(request, "console/knock.html", {"form": form}, status=form.status)


def knocks(request: DeskRequest) -> HttpResponse:
    """List who asks to be let in; answer one of them."""
    form = forms.Answering(request)
    if form.sent:
        told, agrees = form.cleaned_data, request.POST.get("do") == "agree"
        with form.refusals():
            desk, number, why = request.rooms.desk, told["number"], told["why"]
            cases.answer_knock(desk, request.member, number, agrees=agrees, why=why, now=present())
            messages.success(request, _("Answered, on record."))
            return redirect("cases-knocks")
    told = {"knocks": cases.knocks(request.member), "form": form, "now": present()}
    return render(request, "console/knocks.html", told, status=form.status)


_READS = (Permission.CASE_READ,)
_RESTRICTS = (Permission.CASE_RESTRICT,)
_ACTS = (
    ("restrict", forms.Restricting),
    ("let-in", forms.LettingIn),
    ("take-out", forms.TakingOut),
    ("unrestrict", forms.Lifting),
)
PAGES = (
    Page("cases/knock/", "cases-knock", knocking, _READS),
    Page("cases/knocks/", "cases-knocks", knocks, _RESTRICTS, sure=True),
    Page("cases/<str:reference>/insiders/", "cases-insiders", of_case(insiders), _READS),
    *(
        Page(
            f"cases/<str:reference>/{name}/",
            f"cases-{name}",
            of_case(acting(form), *_RESTRICTS),
            _RESTRICTS,
            sure=True,
        )
        for name, form in _ACTS
    ),
)
