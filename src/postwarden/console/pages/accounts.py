"""Accounts: all that cases concern, and one account's picture."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from postwarden.cases import service as cases
from postwarden.cases.service import Asked
from postwarden.console.gate import DeskRequest, Page, View
from postwarden.console.lists import account_of, after_of, next_page, search_of, searched
from postwarden.console.speaking import told as spoken
from postwarden.people.service import NotAllowed, Permission
from postwarden.rooms import present
from postwarden.veiled import Use, unveil_for, veil_for
from postwarden.vocabulary import normal

if TYPE_CHECKING:
    from postwarden.evidence.service import Addresses

_LONGEST = 320


class Which(forms.Form):
    """An account by its whole name, whether a case concerns it or not."""

    account = forms.CharField(
        label=_("Whole address"),
        max_length=_LONGEST,
        widget=forms.TextInput({"autocomplete": "off"}),
    )


def accounts(request: DeskRequest) -> HttpResponse:
    """List accounts that cases concern, by name; open one that was named."""
    if "search" in request.POST:
        return searched(request)
    form = Which(request.POST or None)
    if request.method == "POST" and form.is_valid():
        account = normal(form.cleaned_data["account"])
        own = veil_for(request.member.name, Use.ACCOUNT, account)
        return redirect("accounts-one", veiled=own)
    search = search_of(request)
    page = cases.known_accounts(request.member, Asked(search=search, after=after_of(request)))
    names = [row.account for row in page.rows]
    held = {one.account for one in request.rooms.holds.holds_of(names, request.member)}
    told = {
        "page": page,
        "held": held,
        "form": form,
        "search": search,
        "next": next_page(request, page.after),
    }
    return render(request, "console/accounts.html", told)


def one(request: DeskRequest, account: str) -> HttpResponse:
    """Show one account's picture; that it was looked at is on record."""
    picture = cases.picture(request.rooms.desk, request.member, account, present())
    addresses, trouble = _addresses(request, account)
    told = {
        "picture": picture,
        "holds": request.rooms.holds.holds_of([account], request.member),
        "addresses": addresses,
        "trouble": trouble,
        "now": present(),
    }
    return render(request, "console/account.html", told)


def _addresses(request: DeskRequest, account: str) -> "tuple[Addresses | None, str]":
    """Give the addresses that lead to an account, and why they cannot be given."""
    from postwarden.evidence.service import BrokenSnapshot, addresses_of  # noqa: PLC0415  # slow to load

    try:
        return addresses_of(request.rooms.configuration.evidence.path, account), ""
    except BrokenSnapshot as error:
        return None, spoken(error)


def of_account(view: Callable[[DeskRequest, str], HttpResponse]) -> View:
    """Give a page its account: one that its reader may be told, or the one that they wrote themselves.

    Who may not know of it hears what they would where there is none.
    """

    @wraps(view)
    def answer(request: DeskRequest, veiled: str) -> HttpResponse:
        account = account_of(request, veiled)
        account = account or unveil_for(request.member.name, Use.ACCOUNT, veiled)
        if account is None:
            raise cases.NoSuchCase(_("There is no such account."))
        try:
            return view(request, account)
        except NotAllowed:
            raise cases.NoSuchCase(_("There is no such account.")) from None

    return answer


_READS = (Permission.CASE_READ,)
PAGES = (
    Page("accounts/", "accounts", accounts, _READS, noted=True),
    Page("accounts/<str:veiled>/", "accounts-one", of_account(one), _READS),
)
