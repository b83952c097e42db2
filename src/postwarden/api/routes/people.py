"""People: who works here with which roles, and giving and taking them."""

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.problems import BadRequest, NotThere
from postwarden.api.shapes import IN_PLACE, Given, Name
from postwarden.people.service import (
    EVERYWHERE,
    Grant,
    Member,
    Permission,
    Record,
    Role,
    colleagues,
    give_role,
    member,
    take_role,
)
from postwarden.rooms import present
from postwarden.vocabulary import Moment


class RoleShape(BaseModel):
    """A role for an organisation; null: for all of them."""

    role: Annotated[Role, IN_PLACE]
    organisation: str | None


class PersonShape(BaseModel):
    """Somebody who works here; who left acts no more."""

    name: str
    full_name: str
    active: bool
    roles: tuple[RoleShape, ...]


class People(BaseModel):
    """Everybody whom you manage."""

    items: tuple[PersonShape, ...]


def list_people(request: ApiRequest) -> People:
    """List those whom you manage, by name."""
    return People(items=tuple(_shape(one) for one in colleagues(request.auth)))


class GivenRole(Given):
    """Which role, for which organisation; without one, for all of them."""

    role: Annotated[Role, IN_PLACE]
    organisation: Name | None = None


def give_a_role(request: ApiRequest, name: str, body: GivenRole) -> PersonShape:
    """Give somebody one more role, which can do nothing that you cannot; never to yourself."""
    return _changed(give_role, request, name, body)


def take_a_role(request: ApiRequest, name: str, body: GivenRole) -> PersonShape:
    """Take a role away from somebody else; it bites on their next request."""
    return _changed(take_role, request, name, body)


def _changed(
    change: Callable[[str, Grant, Member, Record, Moment], None],
    request: ApiRequest,
    name: str,
    body: GivenRole,
) -> PersonShape:
    _managed(request.auth, name)
    known = {one.name for one in request.rooms.configuration.organisations.every}
    if body.organisation is not None and body.organisation not in known:
        raise BadRequest("organisation: there is none of that name; nothing was done")
    grant = Grant(body.role, body.organisation or EVERYWHERE)
    change(name, grant, request.auth, request.rooms.record, present())
    return _shape(member(name))


def _managed(who: Member, name: str) -> None:
    """Raise where somebody of that name is not there for who asks."""
    if all(one.name != name for one in colleagues(who)):
        raise NotThere(f"{name}: nobody of that name whom you manage works here")


def _shape(one: Member) -> PersonShape:
    roles = tuple(
        RoleShape(role=grant.role, organisation=grant.organisation or None) for grant in one.grants
    )
    return PersonShape(name=one.name, full_name=one.full_name, active=one.active, roles=roles)


_MANAGES = (Permission.PERSON_MANAGE,)
ROUTES = (
    Route("GET", "/people", list_people, _MANAGES, People),
    Route("POST", "/people/{name}/roles", give_a_role, _MANAGES, PersonShape),
    Route("POST", "/people/{name}/roles/take", take_a_role, _MANAGES, PersonShape),
)
