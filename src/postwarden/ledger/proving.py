"""Entries with all that proves them to others: salts, facts, and paths to a signed head."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag

from postwarden.ledger.entries import SALT, Packed, facts_of, unpack
from postwarden.ledger.errors import FactsChanged
from postwarden.ledger.keys import NONCE, Keyring, Keys
from postwarden.ledger.merkle import inclusion_paths
from postwarden.ledger.models import HeadRow, LeafRow
from postwarden.vocabulary import said

NO_CASE = ""
"""Stands for entries that belong to no case."""
Wanted = Mapping[str, frozenset[str] | None]
"""By case: all its entries (None), or those about these persons."""


class Opened(NamedTuple):
    """A part: salt and facts are None where they were erased."""

    key: int
    commitment: bytes
    salt: bytes | None
    facts: dict[str, Any] | None


class Proven(NamedTuple):
    """An entry with its leaf's place and path."""

    place: int
    at: int
    act: str
    case: str | None
    parts: tuple[Opened, ...]
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Entries, and the signed head that they are under."""

    note: str
    entries: tuple[Proven, ...]


def prove(wanted: Wanted, keyring: Keyring) -> Proof | None:
    """Give the entries that have a leaf under the newest head; None before there is a head.

    Raises:
        FactsChanged: an entry cannot be opened.
    """
    head = HeadRow.objects.order_by("-size").first()
    if head is None:
        return None
    found = {one.place: one for one in _entries(wanted, head.size, Keys(keyring))}
    hashes = LeafRow.objects.filter(index__lt=head.size).order_by("index")
    leaves = map(bytes, hashes.values_list("hash", flat=True).iterator())
    paths = inclusion_paths(leaves, head.size, found)
    proven = (one._replace(path=tuple(paths[index])) for index, one in sorted(found.items()))
    return Proof(head.note, tuple(proven))


def _entries(wanted: Wanted, size: int, keys: Keys) -> Iterator[Proven]:
    for case, persons in wanted.items():
        rows = LeafRow.objects.filter(index__lt=size, entry__case=case or None)
        for row in rows.select_related("entry").iterator():
            entry = row.entry
            parts = _parts(entry.packed(), keys)
            if persons is None or _about(parts, persons):
                yield Proven(row.index, entry.at, entry.act, entry.case, parts, ())


def _about(parts: Collection[Opened], persons: frozenset[str]) -> bool:
    return any(part.facts and part.facts.get("person") in persons for part in parts)


def _parts(packed: Packed, keys: Keys) -> tuple[Opened, ...]:
    try:
        return tuple(_opened(*part, keys) for part in unpack(*packed))
    except (InvalidTag, ValueError) as error:
        raise FactsChanged(
            said("an entry of this case was changed; `postwarden verify` says which")
        ) from error


def _opened(key: int, commitment: bytes, sealed: bytes, keys: Keys) -> Opened:
    opener = keys.readable(key)
    if opener is None:
        return Opened(key, commitment, None, None)
    plain = opener.decrypt(sealed[:NONCE], sealed[NONCE:], None)
    return Opened(key, commitment, plain[:SALT], facts_of(plain))
