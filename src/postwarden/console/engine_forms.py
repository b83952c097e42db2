"""Acts of a case that ask its evidence; the worker does them, and whoever asked watches, or goes."""

from typing import Any

from django import forms
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from postwarden.console.case_forms import InCase
from postwarden.console.forms import sentence_field
from postwarden.errands.service import ExaminationWish, PlanningWish, Wish
from postwarden.vocabulary import Moment


class Asking(InCase):
    """An act that is an errand: one goes on to where it is watched."""

    number = 0

    def ask(self, wish: Wish, now: Moment) -> None:
        """Ask for it; raises as the room does."""
        self.number = self.request.rooms.errands.ask(wish, self.request.member, now).number

    def goes_to(self, reference: str) -> HttpResponseRedirect:  # noqa: ARG002  # the base class has it
        """See the base class."""
        return redirect("work-one", number=self.number)


class Examining(Asking):
    """An examination of the newest snapshot, whose findings the case has from then on."""

    title = _("Examine the case")
    means = _(
        "All mail in the newest snapshot that came while it occurred is judged. Accounts that hold"
        " others' mail become suspected; those looked at and found clean can be released."
    )
    button = _("Examine the newest snapshot")
    said = _("Asked for. You may close this page meanwhile.")

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:  # noqa: ARG002  # it asks for nothing
        """See the base class."""
        self.ask(ExaminationWish(reference), now)


class Repairing(Asking):
    """A repair of the case, planned from the newest snapshot; nothing is done until it was approved."""

    title = _("Plan a repair")
    means = _(
        "The newest snapshot is examined, and a plan is frozen: what would go where, copy by copy."
        " Nothing is done before somebody else approves it."
    )
    button = _("Examine and plan the repair")
    said = _("Asked for. You may close this page meanwhile.")
    why = sentence_field(label=_("Why"))
    answered = forms.BooleanField(
        label=_("Take copies away, too, that their holder has answered"), required=False
    )
    tidy = forms.BooleanField(
        label=_("Deliver without what the trace says of the wrong mailbox"), required=False
    )

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        self.ask(PlanningWish(reference, given["why"], given["tidy"], given["answered"]), now)
