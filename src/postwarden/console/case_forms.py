"""What people do in a case: each act with what it asks for, and what it does."""

from abc import ABCMeta, abstractmethod
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.forms.forms import DeclarativeFieldsMetaclass
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postwarden.cases import service as cases
from postwarden.cases.service import Change, Confidence, Head, Kind, Note, Party, Severity, Times
from postwarden.console import words
from postwarden.console.forms import DeskForm, LinesField, MomentField, sentence_field, text_field
from postwarden.console.gate import DeskRequest
from postwarden.console.speaking import told as spoken
from postwarden.people.service import Permission, members
from postwarden.vocabulary import Moment
from postwarden.words import cases as case_words

_ACCOUNT = 320
_LINE = 500
_MESSAGE_ID = 998
"""Characters of a line of a header at most (RFC 5322 section 2.1.1)."""


class _Acting(DeclarativeFieldsMetaclass, ABCMeta):
    """Of forms that lack something until they say what they do."""


class ActForm(DeskForm, metaclass=_Acting):
    """An act that a form asks for.

    Attributes:
        title: of its page.
        means: what will happen; "" where the fields say so.
        button: names the act.
        said: once it is done.
        tab: of the case, where one goes on.
    """

    title: Promise
    means: ClassVar[Promise | str] = ""
    button: Promise
    said: Promise
    tab: ClassVar[str] = "cases-one"

    @abstractmethod
    def act(self, now: Moment) -> str:
        """Do it; give the reference of the case it was done in. Raises what its room does."""

    def goes_to(self, reference: str) -> HttpResponseRedirect:
        """Give where one goes on once it is done."""
        return redirect(self.tab, reference=reference)


class InCase(ActForm):
    """An act in a case that is there."""

    def __init__(self, request: DeskRequest, head: Head, **named: Any) -> None:  # noqa: ANN401  # Django's
        super().__init__(request, **named)
        self.head = head

    def act(self, now: Moment) -> str:
        """See the base class."""
        reference = self.head.case.reference
        self.do(reference, self.cleaned_data, now)
        return reference

    @abstractmethod
    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """Do it, with what was written."""


class Open(ActForm):
    """A new case."""

    title = _("Open a case")
    button = _("Open the case")
    said = _("Opened, with the tasks of its kind.")
    kind = forms.ChoiceField(label=_("What happened"), choices=[*words.KINDS.items()])
    named = forms.CharField(label=_("In a line"), max_length=_LINE)
    organisations = forms.MultipleChoiceField(
        label=_("Whose customers are concerned"), widget=forms.CheckboxSelectMultiple
    )
    lead = forms.ChoiceField(label=_("Who is in charge"), required=False)
    occurred_from = MomentField(label=_("Began"), required=False)
    occurred_to = MomentField(label=_("Ended"), required=False)
    detected = MomentField(label=_("First noticed"), required=False)
    aware = MomentField(
        label=_("The organisation knew"), required=False, help_text=_("Legal clocks start there.")
    )

    def __init__(self, request: DeskRequest) -> None:
        super().__init__(request)
        there = request.member.organisations(Permission.CASE_EDIT)
        served = request.rooms.desk.organisations.every
        mine = [(one.name, one.full_name) for one in served if there is None or one.name in there]
        _offer(self, "organisations", mine)
        self.fields["organisations"].initial = [name for name, _full in mine[:1]]
        _offer(self, "lead", _leads())

    def act(self, now: Moment) -> str:
        """See the base class."""
        given = self.cleaned_data
        opening = cases.Opening(
            kind=Kind(given["kind"]),
            title=given["named"],
            organisations=tuple(given["organisations"]),
            lead=given["lead"] or None,
            times=Times(*(given.get(name) for name in Times._fields)),
        )
        request = self.request
        return cases.open_case(request.rooms.desk, request.member, opening, now).reference


class Noting(InCase):
    """An entry of the timeline, with where it can be looked up."""

    title = _("Add to the timeline")
    button = _("Add the entry")
    said = _("Noted in the timeline.")
    tab = "cases-timeline"
    text = text_field(label=_("What happened"))
    at = MomentField(label=_("When"), required=False, help_text=_("Empty: now."))
    evidence = LinesField(
        label=_("Evidence"),
        required=False,
        help_text=_("Where it can be looked up, one place a line, such as mail.log:1204."),
    )
    account = forms.CharField(label=_("About one account"), required=False, max_length=_ACCOUNT)

    def __init__(self, request: DeskRequest, head: Head) -> None:
        told = {"evidence": request.GET.get("evidence", "")[:_LINE]}
        super().__init__(request, head, initial=told)

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        event = Note(given["at"] if given["at"] is not None else now, given["text"])
        desk, who, about = self.request.rooms.desk, self.request.member, given["account"]
        cases.note(desk, who, reference, event, given["evidence"], now, about)


class Reporting(InCase):
    """What a customer told; nothing of what the mail says."""

    title = _("This mail is not mine")
    button = _("Note the report")
    said = _("Noted. The account is suspected until it was examined.")
    tab = "cases-reports"
    account = forms.CharField(
        label=_("The customer's account"),
        max_length=_ACCOUNT,
        help_text=_("In which mail lies that is not theirs."),
    )
    message_id = forms.CharField(
        label=_("Message-ID"),
        required=False,
        max_length=_MESSAGE_ID,
        help_text=_("From the headers, in angle brackets; nobody needs to read the mail."),
    )
    date = MomentField(label=_("When the mail came"), required=False)
    sender = forms.CharField(label=_("Sender"), required=False, max_length=_ACCOUNT)
    received = MomentField(
        label=_("When they told"),
        required=False,
        help_text=_("Empty: now. The first report of a case is when it was noticed."),
    )

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        telling = cases.Telling(
            account=given["account"],
            received=given["received"] if given["received"] is not None else now,
            message_id=given["message_id"] or None,
            date=given["date"],
            sender=given["sender"] or None,
        )
        cases.add_report(self.request.rooms.desk, self.request.member, reference, telling, now)


class Changing(InCase):
    """Facts of a case; what is left as it was is not touched."""

    title = _("Change facts of the case")
    button = _("Change them")
    said = _("Changed.")
    named = forms.CharField(label=_("In a line"), max_length=_LINE)
    severity = forms.ChoiceField(
        label=_("How grave"),
        required=False,
        choices=[("", _("not assessed")), *words.SEVERITIES.items()],
    )
    lead = forms.ChoiceField(label=_("Who is in charge"), required=False)
    occurred_from = MomentField(label=_("Began"), required=False)
    occurred_to = MomentField(label=_("Ended"), required=False)
    detected = MomentField(label=_("First noticed"), required=False)
    aware = MomentField(
        label=_("The organisation knew"), required=False, help_text=_("Legal clocks start there.")
    )
    reported = MomentField(label=_("The authority was told"), required=False)
    party = sentence_field(label=_("A third party responsible"))
    cause = sentence_field(label=_("For what"))
    confidence = forms.ChoiceField(
        label=_("How sure that is"), choices=[*words.CONFIDENCE.items()], required=False
    )

    def __init__(self, request: DeskRequest, head: Head) -> None:
        case = head.case
        told = {"named": case.title, "severity": case.severity or "", "lead": case.lead or ""}
        super().__init__(request, head, initial={**told, **case.times._asdict()})
        _offer(self, "lead", _leads())

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        new = {name: given[name] for name in self.changed_data if given[name]}
        event = Change(
            title=new.get("named"),
            severity=Severity(new["severity"]) if "severity" in new else None,
            lead=new.get("lead"),
            times=Times(*(new.get(name) for name in Times._fields)),
            party=_party(given),
        )
        cases.change(self.request.rooms.desk, self.request.member, reference, event, now)


class Suspecting(InCase):
    """Accounts that may be concerned."""

    title = _("Add accounts")
    button = _("Add them as suspected")
    said = _("Added. Those that were there already stay as they were.")
    tab = "cases-accounts"
    accounts = LinesField(label=_("Accounts"), rows=8, help_text=_("One a line."))
    why = sentence_field(label=_("Why"))

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        desk, who = self.request.rooms.desk, self.request.member
        cases.suspect(desk, who, reference, given["accounts"], given["why"], now)


class Ending(InCase):
    """A case in which all is done is closed, and a closed one opened again."""

    why = sentence_field(label=_("Why"))

    def __init__(self, request: DeskRequest, head: Head) -> None:
        super().__init__(request, head)
        self._closes = head.case.stage is cases.Stage.OPEN
        self.title = _("Close the case") if self._closes else _("Open the case again")
        self.button = self.title
        self.said = _("Closed.") if self._closes else _("Open again.")

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        act = cases.close if self._closes else cases.reopen
        act(self.request.rooms.desk, self.request.member, reference, given["why"], now)


class Doing(InCase):
    """A task that was done, or one more."""

    title = _("Tasks")
    button = _("Note it")
    said = _("Noted.")
    task = forms.ChoiceField(label=_("This was done"), required=False)
    how = text_field(label=_("How"), required=False)
    more = sentence_field(label=_("Something more is to be done"))

    def __init__(self, request: DeskRequest, head: Head) -> None:
        super().__init__(request, head, initial={"task": request.GET.get("task", "")})
        left = [one for one in head.case.tasks if one.done_at is None]
        _offer(
            self, "task", [("", ""), *((one.label, spoken(case_words.task(one))) for one in left)]
        )

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:
        """See the base class."""
        desk, who, task, how = (
            self.request.rooms.desk,
            self.request.member,
            given["task"],
            given["how"],
        )
        with transaction.atomic():
            if given["more"] or not task:
                cases.add_task(desk, who, reference, given["more"], now)
            if task:
                cases.finish_task(desk, who, reference, task, how, now)


def _offer(form: forms.Form, name: str, choices: list[tuple[str, Any]]) -> None:
    form.fields[name].choices = choices  # type: ignore[attr-defined]  # a field of choices


def _leads() -> list[tuple[str, Any]]:
    return [("", _("nobody yet")), *((one.name, one.full_name) for one in members() if one.active)]


def _party(given: dict[str, Any]) -> Party | None:
    if not given["party"]:
        return None
    sure = Confidence(given["confidence"] or Confidence.UNKNOWN)
    return Party(given["party"], given["cause"], sure)
