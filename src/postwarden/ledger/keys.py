"""Keys that seal payloads: one for each case and person, wrapped by the installation's secret."""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from hashlib import sha256
from hmac import new as hmac

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from postwarden.ledger.errors import KeysMissing
from postwarden.ledger.models import KeyRow

NONCE = 12
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
        found = self._stored(wanted)
        missing = wanted.keys() - found.keys()
        if missing:
            made = [
                KeyRow(kind=kind, reference=reference, wrapped=self._wrapped(reference))
                for kind, reference in sorted(missing)
            ]
            KeyRow.objects.bulk_create(made, ignore_conflicts=True)
            found = self._stored(wanted)
        return {wanted[place]: (row.pk, self._unwrapped(row)) for place, row in found.items()}

    def every(self) -> dict[int, AESGCM | None]:
        """Give all keys by number: None for those erased; those that were changed are left out."""
        found: dict[int, AESGCM | None] = {}
        for row in KeyRow.objects.iterator():
            with suppress(KeysMissing):
                found[row.pk] = self._unwrapped(row) if row.wrapped is not None else None
        return found

    def erase(self, kind: str, name: str) -> list[int]:
        """Destroy the keys of an owner; give their numbers, none where there was no key."""
        rows = KeyRow.objects.filter(
            kind=kind, reference=self._reference(kind, name), wrapped__isnull=False
        )
        numbers = sorted(rows.values_list("pk", flat=True))
        rows.update(wrapped=None)
        return numbers

    def _stored(self, wanted: Mapping[tuple[str, str], Owner]) -> dict[tuple[str, str], KeyRow]:
        references = {reference for _, reference in wanted}
        rows = KeyRow.objects.filter(wrapped__isnull=False)
        found = (
            row for some in _slices(sorted(references)) for row in rows.filter(reference__in=some)
        )
        return {(row.kind, row.reference): row for row in found}

    def _reference(self, kind: str, name: str) -> str:
        """Give a name that reveals nobody; of a case, its own."""
        return name if kind != PERSON else hmac(self._naming, name.encode(), sha256).hexdigest()

    def _wrapped(self, reference: str) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._wrapping.encrypt(nonce, os.urandom(32), reference.encode())

    def _unwrapped(self, row: KeyRow) -> AESGCM:
        wrapped = bytes(row.wrapped or b"")
        try:
            return AESGCM(
                self._wrapping.decrypt(wrapped[:NONCE], wrapped[NONCE:], row.reference.encode())
            )
        except (InvalidTag, ValueError) as error:
            raise KeysMissing(
                f"key {row.pk} of the ledger was changed, or wrapped by another secret"
            ) from error


def _slices(names: list[str], size: int = 500) -> Iterable[list[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))
