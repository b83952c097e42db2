"""Subscribing, and what became of what was told."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

from django.db import transaction

from postwarden.cases.service import MOST, Desk, Page
from postwarden.custody.service import Plans
from postwarden.hooks.errors import BadHook, NoSuchHook
from postwarden.hooks.models import DeliveryRow, HookRow
from postwarden.hooks.rules import SECRET, Event, fault
from postwarden.hooks.settings import HookSettings
from postwarden.people.service import Member, Record
from postwarden.vocabulary import Moment, said

_EACH = 20
"""Subscriptions that one person can have."""


class State(StrEnum):
    """What became of telling."""

    WAITS = "waits"
    TAKEN = "taken"
    GIVEN_UP = "given-up"


@dataclass(frozen=True, slots=True)
class Hook:
    """A subscription, without its secret.

    Attributes:
        number: by which it is named.
        owner: whose; they are told of what they may know.
        url: where it is told.
        events: what of.
        made: since when.
        ended: since when nothing is told there; None while it is.
        why: it ended, where its owner did not end it.
    """

    number: int
    owner: str
    url: str
    events: tuple[Event, ...]
    made: Moment
    ended: Moment | None
    why: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of telling of one entry of the ledger; `trouble` is that of the last try."""

    number: int
    event: Event
    entry: int
    at: Moment
    state: State
    tries: int
    trouble: str
    ended: Moment | None


class Hooks:
    """The subscriptions of an installation."""

    def __init__(self, desk: Desk, plans: Plans, record: Record, settings: HookSettings) -> None:
        self.desk = desk
        self.plans = plans
        self._record = record
        self._settings = settings

    def subscribe(
        self, who: Member, url: str, events: Sequence[Event], now: Moment
    ) -> tuple[Hook, str]:
        """Let a program be told of what happens from now on; give the secret that signs it, once.

        It is told of what the token may know of by which it subscribes, as long as that counts. The URL may
        be a secret itself: the ledger has its host and its SHA-256.

        Raises:
            BadHook: nothing can be sent there, no event is named, or they have too many.
        """
        why = fault(url, internal=self._settings.internal)
        if why is not None:
            raise BadHook(why)
        if not events:
            raise BadHook(said("name at least one event"))
        secret = SECRET + b64encode(secrets.token_bytes(24)).decode()
        kinds = sorted({*events})
        with transaction.atomic():
            if HookRow.objects.filter(owner=who.name, ended=None).count() >= _EACH:
                raise BadHook(said("you have {each} webhooks; remove one first", each=_EACH))
            row = HookRow.objects.create(
                owner=who.name,
                url=url,
                events=kinds,
                secret=secret,
                token=who.token,
                first=next((one.size for one in self.desk.ledger.heads(1)), 0),
                made=now,
            )
            detail = {"webhook": row.pk, "events": kinds, **_place(url)}
            self._record("webhook.made", who.name, who.name, detail, now)
        return as_hook(row), secret

    def remove(self, who: Member, number: int, now: Moment) -> None:
        """Tell one's program nothing more; raise `NoSuchHook`."""
        with transaction.atomic():
            rows = HookRow.objects.filter(pk=number, owner=who.name, ended=None)
            if not rows.update(ended=now):
                raise NoSuchHook(said("{number}: you have no such webhook", number=number))
            self._record("webhook.removed", who.name, who.name, {"webhook": number}, now)

    def of(self, who: Member) -> list[Hook]:
        """Give somebody's subscriptions, those that ended too, newest first."""
        return [as_hook(row) for row in HookRow.objects.filter(owner=who.name).order_by("-pk")]

    def deliveries(self, who: Member, number: int, after: int | None, most: int) -> Page[Delivery]:
        """Give what became of what was to be told, newest first.

        Args:
            who: asks; of their own alone.
            number: of the subscription.
            after: the number that the page before ended with.
            most: of one page.

        Raises:
            NoSuchHook: they have none of that number.
        """
        if not HookRow.objects.filter(pk=number, owner=who.name).exists():
            raise NoSuchHook(said("{number}: you have no such webhook", number=number))
        rows = DeliveryRow.objects.filter(hook_id=number).order_by("-pk")
        rows = rows if after is None else rows.filter(pk__lt=after)
        some = list(rows[: min(most, MOST) + 1])
        shown = tuple(map(_delivery, some[: min(most, MOST)]))
        return Page(shown, str(shown[-1].number) if len(some) > len(shown) else "")


def as_hook(row: HookRow) -> Hook:
    """Give a subscription as it is shown."""
    events = tuple(map(Event, row.events))
    return Hook(row.pk, row.owner, row.url, events, row.made, row.ended, row.why)


def _place(url: str) -> dict[str, str]:
    return {"host": urlsplit(url).hostname or "", "sha256": sha256(url.encode()).hexdigest()}


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        row.pk,
        Event(row.event),
        row.entry,
        row.at,
        State(row.state),
        row.tries,
        row.trouble,
        row.ended,
    )
