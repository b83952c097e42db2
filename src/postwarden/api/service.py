"""What the console shows of this shell."""

from functools import cache
from typing import Any

from postwarden.api import document as documents
from postwarden.api.offered import ROUTES, api
from postwarden.people.service import Permission


def scopes() -> frozenset[Permission]:
    """Give the permissions that a token can do something with."""
    return frozenset({Permission.METRICS_READ, *(one for route in ROUTES for one in route.needs)})


@cache
def document() -> dict[str, Any]:
    """Give the OpenAPI document of every route."""
    return documents.document(api)
