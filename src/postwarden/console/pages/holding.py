"""Holding and releasing accounts of a case, and saying that some are not concerned: after a look at the count."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from postwarden.cases import service as cases
from postwarden.cases.service import Head, State
from postwarden.console.choosing import Chosen, chosen
from postwarden.console.forms import DeskForm, sentence_field
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.of_case import of_case, shown
from postwarden.console.speaking import told as spoken
from postwarden.custody.service import Kind as ActKind
from postwarden.holds.service import Kind, NothingToDo, Wish, Wording
from postwarden.people.service import Permission
from postwarden.rooms import present
from postwarden.words.holds import left_lines

_SHOWN = 20
"""Names on a page that asks whether they are meant; the count is of all of them."""


class Confirm(DeskForm):
    """Why, for the record; it was asked whether exactly these accounts are meant."""

    mark = "meant"
    why = sentence_field(label=_("Why"))


class Way(NamedTuple):
    """A way to do it: its name in the form, and what it would do."""

    name: str
    acts: int
    left: tuple[str, ...]


def hold(request: DeskRequest, head: Head) -> HttpResponse:
    """Ask whether these accounts are to be held, and begin to hold them."""
    some, form = chosen(request, head), Confirm(request)
    wish = _wish(request, head, some)
    if _is_meant(request, some, form):
        with form.refusals():
            planned = request.rooms.holds.hold(wish, request.member, present())
            messages.success(request, _begun(len(planned.plan.acts)))
            return redirect("plans-one", start=planned.plan.hash)
    ways = [_way(request, "hold", ActKind.HOLD, wish)]
    return _asked(request, head, "hold", form, some, {"ways": ways})


def release(request: DeskRequest, head: Head) -> HttpResponse:
    """Ask whether these accounts are to be released: at once where proven clean, else once approved."""
    some, form = chosen(request, head), Confirm(request)
    wish = _wish(request, head, some)
    if _is_meant(request, some, form):
        with form.refusals():
            desk, proven = request.rooms.holds, request.POST.get("way") == "proven"
            planned = (desk.release_proven if proven else desk.release)(
                wish, request.member, present()
            )
            count = len(planned.plan.acts)
            messages.success(request, _released(count) if proven else _planned(count))
            return redirect("plans-one", start=planned.plan.hash)
    ways = [_way(request, "approval", ActKind.RELEASE, wish)]
    if wish.kind is Kind.LOGIN:
        ways.insert(0, _way(request, "proven", ActKind.RELEASE_PROVEN, wish))
    return _asked(request, head, "release", form, some, {"ways": ways})


def exclude(request: DeskRequest, head: Head) -> HttpResponse:
    """Ask whether these accounts are not concerned after all, and say so."""
    some, form = chosen(request, head), Confirm(request)
    reference = head.case.reference
    if _is_meant(request, some, form):
        with form.refusals():
            desk, why = request.rooms.desk, form.cleaned_data["why"]
            to = State.EXCLUDED
            cases.move(desk, request.member, reference, some.accounts, to, why, present())
            messages.success(request, _excluded(len(some.accounts)))
            return redirect("cases-accounts", reference=reference)
    ways = [Way("exclude", len(some.accounts), ())]
    return _asked(request, head, "exclude", form, some, {"ways": ways})


def _wish(request: DeskRequest, head: Head, some: Chosen) -> Wish:
    outage = head.case.kind is cases.Kind.OUTAGE
    told = request.POST
    return Wish(
        accounts=some.accounts,
        case=head.case.reference,
        reason=told.get("why", "").strip(),
        kind=Kind.PRESERVATION if told.get("kind") == Kind.PRESERVATION else Kind.LOGIN,
        wording=Wording.OUTAGE if outage else Wording.EXAMINATION,
    )


def _is_meant(request: DeskRequest, some: Chosen, form: DeskForm) -> bool:
    """Tell whether exactly these accounts were looked at and confirmed, with a reason."""
    if form.sent and request.POST["meant"] != some.digest:
        form.add_error(None, _("Other accounts fit by now. Look at them again."))
        return False
    return form.sent


def _way(request: DeskRequest, name: str, kind: ActKind, wish: Wish) -> Way:
    if not wish.accounts:
        return Way(name, 0, ())
    try:
        planned = request.rooms.holds.drafted(wish, kind, request.member, present())
    except NothingToDo as error:
        return Way(name, 0, tuple(map(spoken, left_lines(error.left))))
    return Way(name, len(planned.plan.acts), tuple(map(spoken, left_lines(planned.left))))


def _asked(  # which page, of which case, and what it asks
    request: DeskRequest,
    head: Head,
    act: str,
    form: DeskForm,
    some: Chosen,
    told: Mapping[str, Any],
) -> HttpResponse:
    names = {
        "asks": True,
        "act": act,
        "form": form,
        "some": some,
        "names": some.accounts[:_SHOWN],
        "more": max(len(some.accounts) - _SHOWN, 0),
        "kind": request.POST.get("kind", Kind.LOGIN.value),
    }
    template = "console/case/confirm.html"
    return shown(request, head, "accounts", {**names, **told}, template, form.status)


def _begun(count: int) -> str:
    told = ngettext("{n} account is being held.", "{n} accounts are being held.", count)
    return told.format(n=count)


def _released(count: int) -> str:
    told = ngettext("{n} account is being released.", "{n} accounts are being released.", count)
    return told.format(n=count)


def _planned(count: int) -> str:
    told = ngettext(
        "The release of {n} account waits for somebody else's approval.",
        "The release of {n} accounts waits for somebody else's approval.",
        count,
    )
    return told.format(n=count)


def _excluded(count: int) -> str:
    told = ngettext("{n} account is not concerned.", "{n} accounts are not concerned.", count)
    return told.format(n=count)


_HOLDS = (Permission.HOLD_REQUEST, Permission.HOLD_PRESERVE)
_PLANS = (Permission.PLAN_REQUEST, Permission.HOLD_PRESERVE)
_EDITS = (Permission.CASE_EDIT,)
PAGES = (
    Page("cases/<str:reference>/hold/", "cases-hold", of_case(hold, *_HOLDS), _HOLDS),
    Page("cases/<str:reference>/release/", "cases-release", of_case(release, *_PLANS), _PLANS),
    Page("cases/<str:reference>/exclude/", "cases-exclude", of_case(exclude, *_EDITS), _EDITS),
)
