"""Lists a page at a time."""

from django.http import HttpRequest


def next_page(request: HttpRequest, after: str) -> str:
    """Give the address of the page after this one; "" where there is none.

    Args:
        request: for this page; what it asks for is asked for on.
        after: the key that the next page comes after; "" where this is the last one.
    """
    if not after:
        return ""
    query = request.GET.copy()
    query["after"] = after
    return f"{request.path}?{query.urlencode()}"
