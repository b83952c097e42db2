"""The helpdesk: who calls, what they may be told, what they tell, and whom to call back."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from postwarden.cases import service as cases
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.speaking import told as spoken
from postwarden.console.words import KINDS
from postwarden.console.zones import read_local, zone_of
from postwarden.people.service import NotAllowed, Permission
from postwarden.rooms import present
from postwarden.vocabulary import Moment
from postwarden.words import cases as case_words
from postwarden.words import helpdesk as words

_LONGEST = 320
_TEXT = 1_000


class Question(forms.Form):
    """Who calls."""

    about = forms.CharField(
        label=_("Address or name"),
        max_length=_LONGEST,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True}),
    )


class Report(forms.Form):
    """A mail that is not the caller's, as far as they can say which."""

    account = forms.CharField(label=_("Their account"), max_length=_LONGEST)
    case = forms.ChoiceField(label=_("Case"))
    message_id = forms.CharField(
        label=_("Message-ID"),
        required=False,
        max_length=998,  # RFC 5322: the longest line
        help_text=_("Best of all: it names that mail alone, and says nothing of what is in it."),
    )
    date = forms.CharField(
        label=_("When it came, about"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}),
    )
    sender = forms.CharField(label=_("Sent by"), required=False, max_length=_LONGEST)

    def __init__(
        self,
        request: DeskRequest,
        data: QueryDict | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self._zone = zone_of(request)
        case = cast("forms.ChoiceField", self.fields["case"])
        case.choices = [
            (one.reference, f"{one.reference}: {KINDS[one.kind]}")
            for one in cases.open_cases(request.member)
        ]

    def clean_date(self) -> Moment | None:
        """Read a time of the reader's zone."""
        text = self.cleaned_data["date"]
        try:
            return read_local(text, self._zone) if text else None
        except ValueError:
            raise forms.ValidationError(
                _("Write a date and a time, as 2026-03-17T02:14.")
            ) from None


class Promise(forms.Form):
    """A call that somebody was promised."""

    account = forms.CharField(label=_("Their account"), max_length=_LONGEST)
    how = forms.CharField(
        label=_("How to reach them"),
        max_length=_LONGEST,
        help_text=_("Best without this account. It is forgotten once the call was made."),
    )
    why = forms.CharField(label=_("What it is about"), required=False, max_length=_TEXT)


def helpdesk(request: DeskRequest) -> HttpResponse:
    """Ask for who calls, and show whom to call back; do what was sent."""
    act = _ACTS.get(request.POST.get("do", "")) if request.method == "POST" else None
    return _shown(request) if act is None else act(request)


def _ask(request: DeskRequest) -> HttpResponse:
    """Answer at once, and not by another page: who was asked about is not for an address line."""
    form = Question(request.POST)
    if not form.is_valid():
        return _shown(request, question=form)
    try:
        answer = cases.ask_helpdesk(
            request.rooms.desk, request.member, form.cleaned_data["about"], present()
        )
    except (cases.NotClear, NotAllowed) as error:
        form.add_error("about", spoken(error))
        return _shown(request, question=form)
    told = [(one, list(map(spoken, words.may_say(one)))) for one in answer.concerns]
    initial = {"account": answer.account}
    return _shown(
        request,
        question=form,
        answer=answer,
        concerns=told,
        held=request.rooms.holds.holds_of([answer.account], request.member),
        report=Report(request, None, initial),
        promise=Promise(initial=initial),
    )


def _report(request: DeskRequest) -> HttpResponse:
    form = Report(request, request.POST)
    if form.is_valid():
        told = form.cleaned_data
        telling = cases.Telling(
            told["account"],
            present(),
            told["message_id"] or None,
            told["date"],
            told["sender"] or None,
        )
        try:
            label = cases.add_report(
                request.rooms.desk, request.member, told["case"], telling, present()
            )
        except cases.Refused as error:
            form.add_error(None, spoken(case_words.refusal(error.refusal)))
        else:
            done = _("Noted as {label}. Thank them; they need not keep anything for us.")
            messages.success(request, done.format(label=label))
            return redirect("helpdesk")
    return _shown(request, report=form)


def _promise(request: DeskRequest) -> HttpResponse:
    form = Promise(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        named = (told["account"], told["how"], told["why"])
        try:
            cases.promise_callback(request.rooms.desk, request.member, *named, present())
        except NotAllowed as error:
            form.add_error("account", spoken(error))
        else:
            messages.success(request, _("It is on the list below."))
            return redirect("helpdesk")
    return _shown(request, promise=form)


def _done(request: DeskRequest) -> HttpResponse:
    number = request.POST.get("number", "")
    if number.isascii() and number.isdecimal() and len(number) < 19:
        cases.call_back_done(request.rooms.desk, request.member, int(number), present())
        messages.success(request, _("Done. How to reach them is forgotten."))
    return redirect("helpdesk")


_ACTS: Mapping[str, Callable[[DeskRequest], HttpResponse]] = {
    "ask": _ask,
    "report": _report,
    "promise": _promise,
    "done": _done,
}


def _shown(request: DeskRequest, **told: object) -> HttpResponse:
    shown = {
        "question": Question(),
        "calls": cases.callbacks(request.member),
        "nothing": spoken(words.NOTHING),
        "always": [*map(spoken, words.ALWAYS)],
        "now": present(),
    }
    return render(request, "console/helpdesk.html", {**shown, **told})


def message_id(request: DeskRequest) -> HttpResponse:
    """Say how a caller finds a Message-ID without reading the mail, for each mail program."""
    return render(request, "console/message_id.html")


_ASKS = (Permission.HELPDESK_ASK,)
PAGES = (
    Page("helpdesk/", "helpdesk", helpdesk, _ASKS),
    Page("helpdesk/message-id/", "helpdesk-message-id", message_id, _ASKS),
)
