"""What people do in a case: a page each, which asks, and does it when it was sent."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import render

from postwarden.cases.service import Head
from postwarden.console import case_forms as forms
from postwarden.console.case_forms import ActForm, InCase
from postwarden.console.engine_forms import Examining, Repairing
from postwarden.console.gate import DeskRequest, Page
from postwarden.console.joining_forms import Merging, Restoring, Splitting
from postwarden.console.of_case import frame_of, of_case
from postwarden.people.service import Permission
from postwarden.rooms import present


def open_case(request: DeskRequest) -> HttpResponse:
    """Open a case."""
    return _acted(request, forms.Open(request))


def acting(form: Callable[[DeskRequest, Head], InCase]) -> Callable[..., HttpResponse]:
    """Give the page of an act in a case."""

    def view(request: DeskRequest, head: Head) -> HttpResponse:
        return _acted(request, form(request, head), head)

    return view


def _acted(request: DeskRequest, form: ActForm, head: Head | None = None) -> HttpResponse:
    """Show the form of an act; do it once it was sent, and go on to the case."""
    if form.sent:
        with form.refusals():
            reference = form.act(present())
            messages.success(request, str(form.said))
            return form.goes_to(reference)
    frame = {} if head is None else frame_of(request, head, "one")
    return render(request, "console/act.html", {**frame, "form": form}, status=form.status)


_EDIT = Permission.CASE_EDIT
_REPORT = Permission.REPORT_ADD
_ACTS = (
    ("note", forms.Noting, _EDIT),
    ("report", forms.Reporting, _REPORT),
    ("change", forms.Changing, _EDIT),
    ("suspect", forms.Suspecting, _EDIT),
    ("stage", forms.Ending, _EDIT),
    ("tasks", forms.Doing, _EDIT),
    ("examine", Examining, _EDIT),
    ("repair", Repairing, Permission.PLAN_REQUEST),
    ("restore", Restoring, Permission.PLAN_REQUEST),
    ("merge", Merging, _EDIT),
    ("split", Splitting, _EDIT),
)
PAGES = (
    Page("cases/open/", "cases-open", open_case, (_EDIT,)),
    *(
        Page(
            f"cases/<str:reference>/{name}/", f"cases-{name}", of_case(acting(form), need), (need,)
        )
        for name, form, need in _ACTS
    ),
)
