"""The whole ledger checked while somebody waits: by served shells, one at a time in a process, and on record."""

from threading import Lock
from typing import NamedTuple

from django.db import transaction

from postwarden import wiring
from postwarden.ledger.service import Entry, LedgerError, Outside, Verification
from postwarden.rooms import Rooms, present
from postwarden.vocabulary import PostwardenError

LARGEST = 500_000
"""Entries that are checked while somebody waits."""
ONE = Lock()


class TooLarge(PostwardenError):
    """The ledger is too large to be checked while somebody waits."""


class Checked(NamedTuple):
    """What a check found.

    Attributes:
        found: in the ledger.
        outside: what is kept of it elsewhere.
        sound: nothing is wrong with either.
    """

    found: Verification
    outside: Outside
    sound: bool


def check_ledger(rooms: Rooms, who: str) -> Checked:
    """Check the whole ledger, the heads kept outside included; that it was checked is an entry.

    Args:
        rooms: of the installation.
        who: asked for it.

    Raises:
        TooLarge: nothing was checked.
        LedgerError: it is being checked for somebody else; nothing was checked.
    """
    book = rooms.ledger
    heads = book.heads(1)
    if heads and heads[0].size > LARGEST:
        raise TooLarge(f"the ledger has {heads[0].size} entries: run `postwarden verify`")
    if not ONE.acquire(blocking=False):
        raise LedgerError("the ledger is being checked for somebody else; ask again later")
    try:
        outside = book.outside(wiring.anchors(rooms.configuration))
        found = book.verify(outside.notes)
    finally:
        ONE.release()
    stamped = all(one.at is not None for one in outside.stamps)
    sound = stamped and not found.faults and not outside.lost
    with transaction.atomic():
        book.append([Entry("ledger.verified", who, detail={"sound": sound})], present())
    return Checked(found, outside, sound)
