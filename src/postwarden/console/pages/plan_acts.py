"""What becomes of a plan: refused or taken back, run, stopped, given up; each asks for the reason first."""

from collections.abc import Callable
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postwarden.console.forms import DeskForm, sentence_field
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.going import going
from postwarden.custody.service import Plan
from postwarden.people.service import Permission
from postwarden.rooms import present


class Reason(DeskForm):
    """Why, for the record."""

    why = sentence_field(label=_("Why"))


class PlanAct(NamedTuple):
    """What may become of a plan.

    Attributes:
        name: of its page.
        button: names the act.
        means: what will happen.
        said: once it is done.
        does: does it for a reason.
        needs: one of these permissions.
    """

    name: str
    button: Promise
    means: Promise
    said: Promise
    does: Callable[[DeskRequest, Plan, str], object]
    needs: tuple[Permission, ...]


def _withdraw(request: DeskRequest, plan: Plan, why: str) -> object:
    return request.rooms.holds.plans.withdraw(plan.hash, request.member.name, why, present())


def _run(request: DeskRequest, plan: Plan, _why: str) -> object:
    return request.rooms.repairs.run(plan.hash, request.member)


def _stop(request: DeskRequest, plan: Plan, why: str) -> object:
    return request.rooms.repairs.stop(plan.hash, request.member, why)


def _abandon(request: DeskRequest, plan: Plan, why: str) -> object:
    return request.rooms.repairs.abandon(plan.hash, request.member, why)


_PLANS = (Permission.PLAN_REQUEST,)
ACTS = (
    PlanAct(
        "withdraw",
        _("Refuse the plan"),
        _("Nobody can approve it any more, and nothing of it is done. It stays on record."),
        _("Refused. Nothing of it is done."),
        _withdraw,
        (Permission.PLAN_APPROVE, Permission.PLAN_REQUEST, Permission.HOLD_REQUEST),
    ),
    PlanAct(
        "run",
        _("Carry the plan out"),
        _("The worker carries it out, exactly as it was approved. You may close this page meanwhile."),
        _("Begun: the worker carries it out."),
        _run,
        _PLANS,
    ),
    PlanAct(
        "stop",
        _("Stop the plan"),
        _("It stops at the next copies; what is arriving comes to its end. It can go on later."),
        _("Stopped."),
        _stop,
        _PLANS,
    ),
    PlanAct(
        "abandon",
        _("Give the plan up"),
        _("Copies that it has not come to are left, and free for another plan. It cannot go on later."),
        _("Given up. What is under way comes to its end."),
        _abandon,
        _PLANS,
    ),
)  # fmt: skip


def _asks(act: PlanAct) -> Callable[..., HttpResponse]:
    def view(request: DeskRequest, start: str) -> HttpResponse:
        seen = request.rooms.holds.plans.shown(start, request.member)
        form = Reason(request)
        if form.sent:
            with form.refusals():
                act.does(request, seen.plan, form.cleaned_data["why"])
                messages.success(request, str(act.said))
                return redirect("plans-one", start=seen.plan.hash)
        told = {"seen": seen, "act": act, "form": form, "going": going(seen.plan, seen.plan.stage)}
        return render(request, "console/plan_act.html", told, status=form.status)

    return view


PAGES = tuple(
    Page(f"plans/<str:start>/{act.name}/", f"plans-{act.name}", _asks(act), act.needs)
    for act in ACTS
)
