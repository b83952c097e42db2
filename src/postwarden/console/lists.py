"""Lists a page at a time: what is searched for, and where a page begins, name nobody in their addresses."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from postwarden.veiled import unveil, veil


def next_page(request: HttpRequest, after: str) -> str:
    """Give the address of the page after this one; "" where there is none.

    Args:
        request: for this page; what it asks for is asked for on.
        after: the key that the next page comes after; "" where this is the last one.
    """
    if not after:
        return ""
    query = request.GET.copy()
    query["after"] = veil(after)
    return f"{request.path}?{query.urlencode()}"


def after_of(told: QueryDict) -> str:
    """Give the key that a page comes after; "" for the first one, and where it is none."""
    return unveil(told.get("after", "")) or ""


def search_of(told: QueryDict) -> str:
    """Give what is searched for: sent in `search`, or standing behind `of` in an address."""
    of = told.get("of", "")
    return (unveil(of) or "") if of else text_of(told, "search")


def searched(request: HttpRequest) -> HttpResponse:
    """Lead who sent a search to the list of what fits; what they wrote stands in no address."""
    query = QueryDict(mutable=True)
    text = text_of(request.POST, "search")
    if text:
        query["of"] = veil(text)
    query.setlist("state", request.POST.getlist("state"))
    return redirect(f"{request.path}?{query.urlencode()}")


def text_of(told: QueryDict, name: str) -> str:
    """Give a text that somebody wrote; databases have no NUL in text."""
    return str(told.get(name, "")).replace("\0", "").strip()
