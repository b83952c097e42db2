"""The OpenAPI document, served."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from postwarden.api.service import document


@csrf_exempt  # so that other methods hear which one there is
@require_GET
def as_json(_: HttpRequest) -> HttpResponse:
    """Give the document to programs; it tells nothing of anybody."""
    return JsonResponse(document())
