"""What programs can do: the routes of the API, from its OpenAPI document."""

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render

from postwarden.api.service import document
from postwarden.console.gate import DeskRequest, Opening, Page


class Operation(NamedTuple):
    """A route as it is shown."""

    method: str
    path: str
    name: str
    summary: str
    more: str
    parameters: list[dict[str, Any]]
    body: str
    gives: str


class Shape(NamedTuple):
    """What a body consists of: name, whether it is always there, and meaning of each field."""

    name: str
    about: str
    fields: list[tuple[str, bool, str]]


def programs(request: DeskRequest) -> HttpResponse:
    """Show every route with what it needs, takes and gives, by part."""
    told = document()
    parts: dict[str, list[Operation]] = {}
    for path, operations in told["paths"].items():
        for method, one in operations.items():
            parts.setdefault(one["tags"][0], []).append(_operation(method, path, one))
    shapes = [_fields(name, one) for name, one in told["components"]["schemas"].items()]
    return render(request, "console/programs.html", {"parts": parts, "shapes": shapes})


def _fields(name: str, shape: dict[str, Any]) -> Shape:
    required = shape.get("required", ())
    fields = [
        (field, field in required, about.get("description", ""))
        for field, about in shape.get("properties", {}).items()
    ]
    return Shape(name, shape.get("description", ""), fields)


def _operation(method: str, path: str, one: dict[str, Any]) -> Operation:
    gives = next(iter(one["responses"].values()))
    return Operation(
        method.upper(),
        path,
        one["operationId"],
        one["summary"],
        one.get("description", ""),
        one.get("parameters", []),
        _shape(one.get("requestBody", {})),
        _shape(gives),
    )


def _shape(told: dict[str, Any]) -> str:
    """Give the name of the shape that a body has; "" for none."""
    content = told.get("content", {}).get("application/json", {})
    return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]


PAGES = (Page("programs/", "programs", programs, Opening.ANYBODY),)
