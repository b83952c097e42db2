"""The OpenAPI document, served."""

from functools import cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from postwarden.api.document import document


@cache
def _document() -> dict[str, object]:
    from postwarden.api.urls import api  # noqa: PLC0415  # which names this module

    return document(api)


@csrf_exempt  # so that other methods hear which one there is
@require_GET
def as_json(_: HttpRequest) -> HttpResponse:
    """Give the document to programs; it tells nothing of anybody."""
    return JsonResponse(_document())
