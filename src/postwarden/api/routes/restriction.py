"""Cases for people by name: to whom one is restricted, letting in, taking out, and lifting it."""

from typing import Annotated

from pydantic import BaseModel, Field

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.shapes import Given, Line, Name
from postwarden.cases import service as rooms
from postwarden.people.service import Permission
from postwarden.rooms import present

_MOST = 1_000
"""People of one request."""


class Insiders(BaseModel):
    """To whom a case is restricted, by name; nobody where it is there for all whose roles read it."""

    restricted: bool
    names: tuple[str, ...]


def list_insiders(request: ApiRequest, reference: str) -> Insiders:
    """See to whom a case is restricted, if it is."""
    names = rooms.insiders(request.auth, reference)
    return Insiders(restricted=names is not None, names=names or ())


class GivenWhy(Given):
    """Why, for the record."""

    why: Line


class GivenInsiders(GivenWhy):
    """Who else knows of it."""

    names: Annotated[tuple[Name, ...], Field(max_length=_MOST)] = ()


class GivenInsider(GivenWhy):
    """Who is let in, or taken out."""

    name: Name


def restrict_case(request: ApiRequest, reference: str, body: GivenInsiders) -> None:
    """Let a case be there for you and those you name alone: to everybody else it is not there."""
    rooms.restrict_case(
        request.rooms.desk, request.auth, reference, body.names, body.why, present()
    )


def let_in(request: ApiRequest, reference: str, body: GivenInsider) -> None:
    """Let one more know of a restricted case, as far as their roles go."""
    rooms.let_in(request.rooms.desk, request.auth, reference, body.name, body.why, present())


def take_out(request: ApiRequest, reference: str, body: GivenInsider) -> None:
    """Let a restricted case be there for somebody no longer; it bites on their next request."""
    rooms.take_out(request.rooms.desk, request.auth, reference, body.name, body.why, present())


def unrestrict_case(request: ApiRequest, reference: str, body: GivenWhy) -> None:
    """Let a case be there for all whose roles read it."""
    rooms.unrestrict_case(request.rooms.desk, request.auth, reference, body.why, present())


_READS = (Permission.CASE_READ,)
_RESTRICTS = (Permission.CASE_RESTRICT,)
ROUTES = (
    Route("GET", "/cases/{reference}/insiders", list_insiders, _READS, Insiders),
    Route("POST", "/cases/{reference}/restrict", restrict_case, _RESTRICTS, None, 204),
    Route("POST", "/cases/{reference}/let-in", let_in, _RESTRICTS, None, 204),
    Route("POST", "/cases/{reference}/take-out", take_out, _RESTRICTS, None, 204),
    Route("POST", "/cases/{reference}/unrestrict", unrestrict_case, _RESTRICTS, None, 204),
)
