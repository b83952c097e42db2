"""Lists a page at a time: what is searched for, and where a page begins, name nobody in their addresses."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from postwarden.cases import service as cases
from postwarden.console.gate import DeskRequest
from postwarden.veiled import Use, unveil, unveil_for, veil_for


def next_page(request: DeskRequest, after: str) -> str:
    """Give the address of the page after this one, for who asked; "" where there is none.

    Args:
        request: for this page; what it asks for is asked for on.
        after: the key that the next page comes after; "" where this is the last one.
    """
    if not after:
        return ""
    query = request.GET.copy()
    query["after"] = veil_for(request.member.name, Use.CURSOR, after)
    return f"{request.path}?{query.urlencode()}"


def after_of(request: DeskRequest) -> str:
    """Give the key that a page comes after; "" for the first one, and where it is none of the reader's."""
    return unveil_for(request.member.name, Use.CURSOR, request.GET.get("after", "")) or ""


def search_of(request: DeskRequest) -> str:
    """Give what is searched for.

    It was sent in `search`; or it stands in the address, behind `of` as what the reader wrote, or behind
    `account` as somebody whom a page led to: "" where it is another's, or nobody whom they may know of.
    """
    if request.method == "POST":
        return text_of(request.POST, "search")
    told = request.GET
    if told.get("of"):
        return unveil_for(request.member.name, Use.SEARCH, told["of"]) or ""
    if told.get("account"):
        return account_of(request, told["account"]) or ""
    return text_of(told, "search")


def account_of(request: DeskRequest, veiled: str) -> str | None:
    """Give the account that an address means; None where the reader may not be told, or there is none."""
    account = unveil(veiled)
    if account is None or not cases.named_to(request.rooms.desk, request.member, account):
        return None
    return account


def searched(request: DeskRequest) -> HttpResponse:
    """Lead who sent a search to the list of what fits; what they wrote stands in no address."""
    query = QueryDict(mutable=True)
    text = text_of(request.POST, "search")
    if text:
        query["of"] = veil_for(request.member.name, Use.SEARCH, text)
    query.setlist("state", request.POST.getlist("state"))
    return redirect(f"{request.path}?{query.urlencode()}")


def text_of(told: QueryDict, name: str) -> str:
    """Give a text that somebody wrote; databases have no NUL in text."""
    return str(told.get(name, "")).replace("\0", "").strip()
