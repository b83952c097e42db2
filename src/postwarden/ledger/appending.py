"""Appending entries, in the transaction of the state that they describe."""

import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection

from postwarden.ledger.entries import SALT, Entry, Part, commitment, pack, plaintext
from postwarden.ledger.keys import CASE, DESK, NONCE, PERSON, Keyring, Owner
from postwarden.vocabulary import Moment

# In SQL, not through models: an append must not cost a millisecond.
_INSERT = (
    'INSERT INTO ledger_entry (at, act, "case", commitments, sealed) VALUES (%s, %s, %s, %s, %s)'
)


def append(entries: Sequence[Entry], keyring: Keyring, now: Moment) -> None:
    """Append entries to the ledger; the sequencer gives them their leaves later.

    Args:
        entries: in order.
        keyring: of this installation.
        now: when.

    Promise: they are there exactly when the caller's transaction commits.

    Raises:
        RuntimeError: there is no transaction to share.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an entry shares the transaction of what it describes")
    keys = keyring.of({owner for entry in entries for owner in _owners(entry)})
    rows = []
    for entry in entries:
        told = (entry.common(), entry.personal())
        parts = [
            _sealed(*keys[owner], plaintext(facts, os.urandom(SALT)))
            for owner, facts in zip(_owners(entry), told, strict=False)
        ]
        rows.append((now, entry.act, entry.case, *pack(parts)))
    with connection.cursor() as cursor:
        cursor.executemany(_INSERT, rows)


def _owners(entry: Entry) -> tuple[Owner, ...]:
    common = (CASE, entry.case) if entry.case is not None else (DESK, "")
    return (common,) if entry.person is None else (common, (PERSON, entry.person))


def _sealed(number: int, key: AESGCM, plain: bytes) -> Part:
    nonce = os.urandom(NONCE)
    return Part(number, commitment(plain), nonce + key.encrypt(nonce, plain, None))
