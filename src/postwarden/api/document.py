"""The API as ninja has it, and its OpenAPI document: the routes, and that problems answer what goes wrong."""

from collections.abc import Mapping, Sequence
from typing import Any

from ninja import NinjaAPI

from postwarden.api import problems
from postwarden.api.gate import Route, add

PLACE = "/api/v1/"
_ABOUT = """\
The incident desk of an e-mail provider, for programs. Bring a personal token, which you make in the console
below your name or by `postwarden person token`; a program may what you may, cut by the token's scope.
Times are RFC 3339. What goes wrong is a problem document (RFC 9457). Lists have `items` and `next`."""
_PROBLEM: Mapping[str, Any] = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "description": "A code, or about:blank."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, and what to do."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"where": {"type": "string"}, "what": {"type": "string"}},
            },
        },
    },
}
_TOLD: Mapping[str, Any] = {
    "description": "What went wrong",
    "content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def build(parts: Mapping[str, Sequence[Route]]) -> NinjaAPI:
    """Make the API of the routes of each part."""
    api = NinjaAPI(
        title="Postwarden",
        version="1",
        description=_ABOUT,
        urls_namespace="api",
        openapi_url=None,
        docs_url=None,
    )
    problems.handle(api)
    for tag, routes in parts.items():
        for route in routes:
            add(api, route, tag)
    return api


def document(api: NinjaAPI) -> dict[str, Any]:
    """Give the OpenAPI document."""
    told = dict(api.get_openapi_schema(path_prefix=PLACE))
    told["components"]["schemas"]["Problem"] = dict(_PROBLEM)
    for operations in told["paths"].values():
        for one in operations.values():
            one["responses"] = {**one["responses"], "default": dict(_TOLD)}
    return told
