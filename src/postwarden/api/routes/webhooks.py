"""Webhooks: being told of what happens in place of asking again and again."""

from typing import Annotated

from ninja import Query
from pydantic import Field

from postwarden.api.gate import ApiRequest, Route
from postwarden.api.paging import Listing, Paged, cursor_of, number_of
from postwarden.api.shapes import IN_PLACE, Given, Line, Shape, Time
from postwarden.hooks.service import Event, NoSuchHook, State
from postwarden.people.service import Permission
from postwarden.rooms import present

_LONGEST = 18


class HookShape(Shape):
    """A webhook; `ended` and `why` say where nothing is told any more."""

    webhook: int = Field(validation_alias="number")
    url: str
    events: tuple[Annotated[Event, IN_PLACE], ...]
    made: Time
    ended: Time | None
    why: str


class NewHook(HookShape):
    """A webhook that was just made, with the secret that signs what it is told: shown this once.

    Asked again with the same key it is null; where the first answer was lost, remove the webhook and make
    another.
    """

    secret: str | None


def list_webhooks(request: ApiRequest) -> Listing[HookShape]:
    """List your webhooks, newest first, those that ended too."""
    found = request.rooms.hooks.of(request.auth)
    return Listing(items=[HookShape.model_validate(one) for one in found], next=None)


class GivenHook(Given):
    """Where to tell what."""

    url: Line
    events: Annotated[tuple[Annotated[Event, IN_PLACE], ...], Field(min_length=1, max_length=50)]


def add_webhook(request: ApiRequest, body: GivenHook) -> NewHook:
    """Be told, from now on, of events in cases and plans that this token may know of, while it counts.

    Each is a POST signed as Standard Webhooks has it: `webhook-signature` is `v1,` and the base64 of the
    HMAC-SHA256 over `ID.TIMESTAMP.BODY`, by the secret after `whsec_`, base64. The body has identifiers
    alone: `{"type": …, "timestamp": …, "data": {"entry": …, "case": …, "plan": …}}`.
    """
    hook, secret = request.rooms.hooks.subscribe(request.auth, body.url, body.events, present())
    return NewHook.model_construct(**dict(HookShape.model_validate(hook)), secret=secret)


def remove_webhook(request: ApiRequest, webhook: str) -> None:
    """Be told nothing more there."""
    request.rooms.hooks.remove(request.auth, _number(webhook), present())


class DeliveryShape(Shape):
    """What became of telling of one entry of the ledger; `trouble` is that of the last try."""

    event: Annotated[Event, IN_PLACE]
    entry: int
    at: Time
    state: Annotated[State, IN_PLACE]
    tries: int
    trouble: str
    ended: Time | None


def list_deliveries(
    request: ApiRequest, webhook: str, asked: Query[Paged]
) -> Listing[DeliveryShape]:
    """See what became of what a webhook was to be told, newest first, for a month."""
    number, after = _number(webhook), number_of(asked.after(request.auth))
    page = request.rooms.hooks.deliveries(request.auth, number, after, asked.limit)
    items = [DeliveryShape.model_validate(one) for one in page.rows]
    return Listing(items=items, next=cursor_of(page.after, request.auth))


def _number(webhook: str) -> int:
    if not (webhook.isascii() and webhook.isdecimal() and len(webhook) <= _LONGEST):
        raise NoSuchHook("you have no such webhook")
    return int(webhook)


_NEEDS = (Permission.CASE_EDIT,)
ROUTES = (
    Route("GET", "/webhooks", list_webhooks, _NEEDS, Listing[HookShape]),
    Route("POST", "/webhooks", add_webhook, _NEEDS, NewHook, 201, secrets=("secret",)),
    Route("DELETE", "/webhooks/{webhook}", remove_webhook, _NEEDS, None, 204),
    Route("GET", "/webhooks/{webhook}/deliveries", list_deliveries, _NEEDS, Listing[DeliveryShape]),
)
