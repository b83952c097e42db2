"""Cases for people by name: the forms of restricting one, letting in, taking out, and lifting it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postwarden.cases import service as cases
from postwarden.cases.service import Desk, Head
from postwarden.console.case_forms import InCase
from postwarden.console.forms import DeskForm, sentence_field
from postwarden.console.gate import DeskRequest
from postwarden.people.service import Member, members
from postwarden.vocabulary import Moment

_REFERENCE = 32


class _Restriction(InCase):
    """An act on whom a case is there for; it says what it means."""

    means: ClassVar[Promise]
    why = sentence_field(label=_("Why"))

    def people(self, *, inside: bool) -> list[tuple[str, Any]]:
        """Give the others who work here, those who are let in already or those who are not."""
        there = cases.insiders(self.request.member, self.head.case.reference) or ()
        return [
            (one.name, one.full_name)
            for one in members()
            if one.active and one.name != self.request.member.name and (one.name in there) is inside
        ]


class Restricting(_Restriction):
    """A case for some people alone."""

    title = _("Restrict the case")
    button = _("Restrict the case")
    said = _("Restricted. To everybody else the case is not there.")
    means = _(
        "Only you and those you name know of it from now on. To everybody else it is not there: in no list,"
        " search, figure, answer of the helpdesk or program. Its holds and plans are hidden with it."
    )
    people_in = forms.MultipleChoiceField(
        label=_("Who else is let in"), required=False, widget=forms.CheckboxSelectMultiple
    )
    field_order = ("people_in", "why")

    def __init__(self, request: DeskRequest, head: Head) -> None:
        super().__init__(request, head)
        self.fields["people_in"].choices = self.people(inside=False)  # type: ignore[attr-defined]  # a field of choices

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        desk, who = self.request.rooms.desk, self.request.member
        cases.restrict_case(desk, who, reference, given["people_in"], given["why"], now)


class _OfOne(_Restriction):
    inside: ClassVar[bool]
    change: ClassVar[Callable[[Desk, Member, str, str, str, Moment], object]]
    name = forms.ChoiceField(label=_("Who"))
    field_order = ("name", "why")

    def __init__(self, request: DeskRequest, head: Head) -> None:
        super().__init__(request, head)
        self.fields["name"].choices = self.people(inside=self.inside)  # type: ignore[attr-defined]

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        desk, who = self.request.rooms.desk, self.request.member
        type(self).change(desk, who, reference, given["name"], given["why"], now)


class LettingIn(_OfOne):
    """One more who knows of a restricted case."""

    title = _("Let somebody in")
    button = _("Let one person in")
    said = _("They know of the case now, as far as their roles go.")
    means = _("They see all of the case that their roles allow, also what was done before.")
    inside = False
    change = cases.let_in


class TakingOut(_OfOne):
    """One fewer."""

    title = _("Take somebody out")
    button = _("Take one person out")
    said = _("With their next request the case is not there for them any more.")
    means = _("What they did in the case stays on record. What they know, they know.")
    inside = True
    change = cases.take_out


class Lifting(_Restriction):
    """A case for all whose roles read it, again."""

    title = _("Lift the restriction")
    button = _("Lift the restriction")
    said = _("The case is there again for all whose roles read it.")
    means = _(
        "All whose roles read cases of its organisations see it then, with all that was done and"
        " written in it while it was restricted."
    )

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        desk, who = self.request.rooms.desk, self.request.member
        cases.unrestrict_case(desk, who, reference, given["why"], now)


class Knocking(DeskForm):
    """A request to be let into a case that one cannot see."""

    reference = forms.CharField(label=_("Reference of the case"), max_length=_REFERENCE)
    why = sentence_field(label=_("Why you have to know of it"))


class Answering(DeskForm):
    """The answer to such a request."""

    number = forms.IntegerField(widget=forms.HiddenInput)
    why = sentence_field(label=_("Why"))
