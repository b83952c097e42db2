"""Acts that change what is one case, looked at with their counts before they are done; and copies put back."""

from abc import abstractmethod
from hashlib import sha256
from typing import Any, cast

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from postwarden.cases import service as cases
from postwarden.cases.service import Choice, Head, Stage
from postwarden.console.case_forms import InCase
from postwarden.console.forms import LinesField, sentence_field
from postwarden.console.gate import DeskRequest
from postwarden.vocabulary import Moment, normal

_LINE = 500


class LookedAt(InCase):
    """An act that is done once somebody saw what it would do: sent anew as it was shown.

    Attributes:
        asks: what it would do; "" before it was sent for the first time.
    """

    asks = ""
    looked = forms.CharField(required=False, widget=forms.HiddenInput)

    @abstractmethod
    def foreseen(self, given: dict[str, Any]) -> str:
        """Say what it would do, with counts; raises as the act."""

    @property
    def sent(self) -> bool:
        """It was sent, and what it does was looked at."""
        if not super().sent:
            return False
        with self.refusals():
            self.asks = self.foreseen(self.cleaned_data)
        if self.errors:
            return False
        given = {name: told for name, told in self.cleaned_data.items() if name != "looked"}
        written = f"{self.asks} {sorted(given.items())}"
        digest = sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if self.cleaned_data["looked"] == digest:
            return True
        data = self.request.POST.copy()
        data["looked"] = digest
        self.data = data
        return False


class Merging(LookedAt):
    """Another case becomes part of this one."""

    title = _("Let another case become part of this one")
    means = _(
        "All that is in the other case comes here, and its reference leads here from then on."
    )
    button = _("Merge the cases")
    said = _("Merged. All that was in the other case is here now.")
    other = forms.ChoiceField(label=_("Which case"))
    why = sentence_field(label=_("Why"))

    def __init__(self, request: DeskRequest, head: Head) -> None:
        super().__init__(request, head)
        own = head.case.reference
        every = (one for one in cases.every_case(request.member) if one.stage is Stage.OPEN)
        offered = [(one.reference, f"{one.reference}: {one.title}") for one in every]
        choice = cast("forms.ChoiceField", self.fields["other"])
        choice.choices = [("", ""), *(one for one in offered if one[0] != own)]

    def foreseen(self, given: dict[str, Any]) -> str:
        """See the base class."""
        other = cases.head(self.request.member, given["other"])
        told = _now(
            "Of {case} would come here: accounts: {accounts}, findings: {findings}, reports: {reports}. It"
            " cannot be taken back; a part can be split off again."
        )
        return told.format(
            case=given["other"],
            accounts=other.accounts,
            findings=sum(other.findings.values()),
            reports=other.reports,
        )

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        desk, who = self.request.rooms.desk, self.request.member
        cases.merge_cases(desk, who, reference, given["other"], given["why"], now)


class Splitting(LookedAt):
    """A part of the case becomes one of its own."""

    title = _("Split the case")
    means = _("What is named here goes into a new case, with all about it; the rest stays.")
    button = _("Split it off")
    said = _("Split off. This is the new case, with the tasks of its kind.")
    named = forms.CharField(label=_("The new case in a line"), max_length=_LINE)
    whom = LinesField(
        label=_("Accounts, one a line"),
        required=False,
        help_text=_("They go with all about them."),
    )
    reports = LinesField(
        label=_("Reports, one a line"),
        required=False,
        help_text=_(
            "Each goes alone, such as 2026-0001/R2; its account is concerned in both cases then."
        ),
    )
    why = sentence_field(label=_("Why"))

    def clean_whom(self) -> tuple[str, ...]:
        """Give each once."""
        return tuple(sorted({normal(one) for one in self.cleaned_data["whom"]}))

    def foreseen(self, given: dict[str, Any]) -> str:
        """See the base class."""
        told = _now("Into a case of its own would go: accounts: {accounts}, reports: {reports}.")
        return told.format(accounts=len(given["whom"]), reports=len(given["reports"]))

    def act(self, now: Moment) -> str:
        """See the base class; one goes on to the new case."""
        given, request = self.cleaned_data, self.request
        choice = Choice(given["whom"], given["reports"])
        reference = self.head.case.reference
        return cases.split_case(
            request.rooms.desk, request.member, reference, choice, given["named"], given["why"], now
        ).reference

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """Nothing: `act` knows the new case."""


class Restoring(InCase):
    """A plan that puts copies back where repairs took them from."""

    title = _("Put copies back")
    means = _(
        "A plan is frozen of all copies that repairs of this case took away and that are not back; they would come"
        " back as they were. What was delivered to others stays with them. Nothing is done before somebody else"
        " approves it, and whoever has the quarantine's private key carries it out on the command line."
    )
    button = _("Plan to put them back")
    said: Promise = _("Planned. It waits for somebody else's approval; nothing was done yet.")
    tab = "cases-plans"
    why = sentence_field(label=_("Why"))
    copies = LinesField(
        label=_("Only these copies"),
        required=False,
        help_text=_("One a line, by its id as findings have it. Empty: all."),
    )

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:  # noqa: ARG002  # the plan has its own
        """See the base class."""
        restores = self.request.rooms.restores
        restores.plan(reference, given["copies"], given["why"], self.request.member)
