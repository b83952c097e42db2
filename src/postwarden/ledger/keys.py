"""Keys that seal payloads: one for each case and person, wrapped by the installation's secret."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from hmac import new as hmac
from itertools import groupby
from operator import itemgetter

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.db.models import QuerySet

from postwarden.ledger.errors import KeysMissing
from postwarden.ledger.models import KeyRow

NONCE = 12
_NAMES = 500  # in one statement
_PAGE = 1_000
_MOST_PAGES = 50
_NUMBERS = 1 << 63  # what a database has room for
# In SQL, not through models: an append must not cost a millisecond.
_FIND = (
    "SELECT id, reference, wrapped FROM ledger_key"
    " WHERE wrapped IS NOT NULL AND kind = %s AND reference IN ({})"
)
_MAKE = (
    "INSERT INTO ledger_key (kind, reference, wrapped) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
)
CASE, PERSON, DESK = "case", "person", "desk"
Owner = tuple[str, str]
"""A kind (`CASE`, `PERSON` or `DESK`), and which one of that kind."""


class Keyring:
    """Finds, makes and erases keys; every method runs in the caller's transaction."""

    def __init__(self, wrapping: bytes) -> None:
        self._wrapping = AESGCM(wrapping)
        self._naming = hmac(wrapping, b"names of keys", sha256).digest()

    def of(self, owners: Iterable[Owner]) -> Mapping[Owner, tuple[int, AESGCM]]:
        """Give the number and key of each owner, made where there is none.

        Raises:
            KeysMissing: a key was wrapped by another secret.
        """
        wanted = {(kind, self._reference(kind, name)): (kind, name) for kind, name in owners}
        found = _stored(wanted)
        if len(found) < len(wanted):
            made = [
                (kind, reference, self._wrapped(reference))
                for kind, reference in sorted(wanted.keys() - found.keys())
            ]
            with connection.cursor() as cursor:
                cursor.executemany(_MAKE, made)
            found = _stored(wanted)
        return {
            wanted[place]: (number, self._unwrapped(number, place[1], wrapped))
            for place, (number, wrapped) in found.items()
        }

    def ever_of(self, owner: Owner) -> list[int]:
        """Give the numbers of all keys that an owner had, erased ones too."""
        kind, name = owner
        rows = KeyRow.objects.filter(kind=kind, reference=self._reference(kind, name))
        found = (rows.filter(wrapped__isnull=gone) for gone in (True, False))  # each has its index
        return sorted(one for some in found for one in some.values_list("pk", flat=True))

    def within(self, numbers: range) -> dict[int, AESGCM | None]:
        """Give the keys of these numbers: None for those erased; those that were changed are left out."""
        return self._opened(KeyRow.objects.filter(pk__gte=numbers.start, pk__lt=numbers.stop))

    def numbered(self, numbers: Iterable[int]) -> dict[int, AESGCM | None]:
        """Give the keys of these few numbers, as `within` does."""
        wanted = sorted(number for number in set(numbers) if number < _NUMBERS)
        return self._opened(KeyRow.objects.filter(pk__in=wanted)) if wanted else {}

    def _opened(self, rows: QuerySet[KeyRow]) -> dict[int, AESGCM | None]:
        found: dict[int, AESGCM | None] = {}
        for number, reference, wrapped in rows.values_list("pk", "reference", "wrapped"):
            with suppress(KeysMissing):
                found[number] = (
                    None if wrapped is None else self._unwrapped(number, reference, bytes(wrapped))
                )
        return found

    def erase(self, kind: str, name: str) -> list[int]:
        """Destroy the keys of an owner; give their numbers, none where there was no key."""
        rows = KeyRow.objects.filter(
            kind=kind, reference=self._reference(kind, name), wrapped__isnull=False
        )
        numbers = sorted(rows.values_list("pk", flat=True))
        rows.update(wrapped=None)
        return numbers

    def _reference(self, kind: str, name: str) -> str:
        """Give a name that reveals nobody; of a case, its own."""
        return name if kind != PERSON else hmac(self._naming, name.encode(), sha256).hexdigest()

    def _wrapped(self, reference: str) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._wrapping.encrypt(nonce, os.urandom(32), reference.encode())

    def _unwrapped(self, number: int, reference: str, wrapped: bytes) -> AESGCM:
        try:
            key = self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], reference.encode())
            return AESGCM(key)
        except (InvalidTag, ValueError) as error:
            raise KeysMissing(
                f"key {number} of the ledger was changed, or wrapped by another secret"
            ) from error


class Keys(dict[int, AESGCM | None]):
    """All keys by number, read as they are asked for and kept for a while; None for one erased.

    A key that is not there, or was changed, raises KeyError.
    """

    def __init__(self, keyring: Keyring) -> None:
        super().__init__()
        self._keyring = keyring
        self._pages: set[int] = set()

    def __missing__(self, number: int) -> AESGCM | None:
        """Read the keys around a number: those made together are used together."""
        page = number // _PAGE
        if page not in self._pages and number < _NUMBERS - _PAGE:
            if len(self._pages) >= _MOST_PAGES:
                self._pages.clear()
                self.clear()
            self._pages.add(page)
            self.update(self._keyring.within(range(page * _PAGE, (page + 1) * _PAGE)))
        if number not in self:
            raise KeyError(number)
        return self[number]

    def fetch(self, numbers: Iterable[int]) -> None:
        """Read these keys at once, where they are not known: a page of entries needs few of many."""
        if len(self) > _PAGE * _MOST_PAGES:
            self.clear()
            self._pages.clear()
        self.update(self._keyring.numbered(set(numbers) - self.keys()))

    def readable(self, number: int) -> AESGCM | None:
        """Give a key; None where nothing can be read with it any more."""
        try:
            return self[number]
        except KeyError:
            return None


def _stored(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, bytes]]:
    """Give number and wrapped key by kind and reference."""
    found: dict[tuple[str, str], tuple[int, bytes]] = {}
    by_kind = groupby(sorted(wanted), key=itemgetter(0))
    with connection.cursor() as cursor:
        for kind, some in by_kind:
            references = [reference for _, reference in some]
            for start in range(0, len(references), _NAMES):
                names = references[start : start + _NAMES]
                cursor.execute(_FIND.format(", ".join(["%s"] * len(names))), [kind, *names])
                for number, reference, wrapped in cursor.fetchall():
                    found[kind, reference] = number, bytes(wrapped)
    return found
