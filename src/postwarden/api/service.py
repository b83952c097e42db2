"""What the console shows of this shell."""

from functools import cache
from typing import Any

from postwarden.api import document as documents


@cache
def document() -> dict[str, Any]:
    """Give the OpenAPI document of every route."""
    from postwarden.api.urls import api  # noqa: PLC0415  # which serves this document

    return documents.document(api)
