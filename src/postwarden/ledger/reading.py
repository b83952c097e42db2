"""Reading entries back: their facts, as far as they were neither erased nor changed."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cryptography.exceptions import InvalidTag
from django.db.models import BinaryField, BooleanField, F, QuerySet
from django.db.models.expressions import RawSQL

from postwarden.ledger.entries import facts_of, keys_of, unpack
from postwarden.ledger.keys import NONCE, PERSON, Keyring, Keys
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
        number: of its row, which grows with every entry.
    """

    place: int | None
    at: Moment
    act: str
    case: str | None
    facts: dict[str, Any]
    erased: bool
    changed: bool
    number: int


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
_SOME = 64
"""Entries that are read together where most likely few are wanted."""
# As the index has it, in literals: SQLite would not use it for parameters.
_PERSONAL = RawSQL("substr(commitments, 41, 8)", (), BinaryField())
_HAS_PERSONAL = RawSQL("length(commitments) > 40", (), BooleanField())


def read(wanted: Wanted, keyring: Keyring) -> Iterator[Told]:
    """Give entries in the order of appending."""
    keys = Keys(keyring)
    for row in _rows(wanted).order_by("pk").iterator():
        yield _told(row, row.place, keys)


def latest(wanted: Wanted, before: int | None, keyring: Keyring) -> Iterator[Told]:
    """Give entries the latest first, those with lower numbers than `before` where it is given.

    They are read as they are taken, some at a time.
    """
    rows = _rows(wanted)
    rows = rows if before is None else rows.filter(pk__lt=before)
    yield from _by_few(rows.order_by("-pk").iterator(_SOME), keyring)


def about(person: str, act: str | None, keyring: Keyring) -> Iterator[Told]:
    """Give the entries about a person, latest first; also those whose facts were erased.

    Args:
        person: as `Entry` has it.
        act: that they tell of; None: of any.
        keyring: of this installation.
    """
    numbers = [number.to_bytes(8, "big") for number in keyring.ever_of((PERSON, person))]
    rows = (
        _rows(Wanted(act=act))
        .annotate(personal=_PERSONAL)
        .filter(_HAS_PERSONAL, personal__in=numbers)
    )
    yield from _by_few(rows.order_by("-pk").iterator(_SOME) if numbers else (), keyring)


def placed(first: int, most: int, keyring: Keyring) -> list[Told]:
    """Give the entries of so many leaves from one on, in their order: none comes between them later."""
    rows = _rows(EVERY).filter(leafrow__index__gte=first).order_by("leafrow__index")
    return list(_by_few(rows[:most], keyring))


def _by_few(rows: Iterable[Any], keyring: Keyring) -> Iterator[Told]:
    """Read entries back with their keys alone, some entries at a time."""
    keys, left = Keys(keyring), iter(rows)
    while some := list(islice(left, _SOME)):
        keys.fetch(number for row in some for number in keys_of(row.packed().commitments))
        for row in some:
            yield _told(row, row.place, keys)


def _rows(wanted: Wanted) -> QuerySet[Any]:
    named = {
        "case__in": wanted.cases,
        "act": wanted.act,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    chosen = {column: value for column, value in named.items() if value is not None}
    return EntryRow.objects.filter(**chosen).annotate(place=F("leafrow__index"))


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
    return Told(place, row.at, row.act, row.case, facts, erased, changed, row.pk)
