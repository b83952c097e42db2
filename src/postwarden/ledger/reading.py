"""Reading entries back: their facts, as far as they were neither erased nor changed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db.models import F

from postwarden.ledger.entries import facts_of, unpack
from postwarden.ledger.keys import NONCE, Keyring, Keys
from postwarden.ledger.models import EntryRow
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class Told:
    """An entry read back.

    Attributes:
        place: of its leaf, by which `verify` names it; None while it waits for one.
        at: when it was appended.
        act: what was done.
        case: reference of the case it belongs to.
        facts: those that can be read.
        erased: some cannot, their key being erased or changed.
        changed: some are not as they were sealed; `facts` has none of them.
    """

    place: int | None
    at: Moment
    act: str
    case: str | None
    facts: dict[str, Any]
    erased: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are read; None of a thing: whatever it is.

    Attributes:
        cases: they belong to.
        act: that they tell of.
        since: from this time on.
        until: before this time.
    """

    cases: Collection[str] | None = None
    act: str | None = None
    since: Moment | None = None
    until: Moment | None = None


EVERY = Wanted()


def read(wanted: Wanted, keyring: Keyring) -> Iterator[Told]:
    """Give entries in the order of appending."""
    named = {
        "case__in": wanted.cases,
        "act": wanted.act,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    chosen = {column: value for column, value in named.items() if value is not None}
    keys = Keys(keyring)
    rows = EntryRow.objects.filter(**chosen).order_by("pk").annotate(place=F("leafrow__index"))
    for row in rows.iterator():
        yield _told(row, row.place, keys)


def _told(row: EntryRow, place: int | None, keys: Keys) -> Told:
    facts: dict[str, Any] = {}
    erased = changed = False
    try:
        for number, _, sealed in unpack(*row.packed()):
            key = keys.readable(number)
            if key is None:
                erased = True
            else:
                facts |= facts_of(key.decrypt(sealed[:NONCE], sealed[NONCE:], None))
    except (InvalidTag, ValueError):
        changed = True
    return Told(place, row.at, row.act, row.case, facts, erased, changed)
