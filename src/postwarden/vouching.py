"""The whole ledger checked while somebody waits: by served shells, one at a time on a machine, and on record."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.db import transaction

from postwarden import wiring
from postwarden.durable.service import LockedElsewhereError, locked_file
from postwarden.ledger.service import Entry, LedgerError, Outside, Verification
from postwarden.rooms import Rooms, present
from postwarden.vocabulary import PostwardenError, said

LARGEST = 500_000
"""Entries that are checked while somebody waits."""


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
        raise TooLarge(
            said("the ledger has {size} entries: run `postwarden verify`", size=heads[0].size)
        )
    with one_at_a_time(rooms.configuration.state.path):
        outside = book.outside(wiring.anchors(rooms.configuration))
        found = book.verify(outside.notes)
    stamped = all(one.at is not None for one in outside.stamps)
    sound = stamped and not found.faults and not outside.lost
    with transaction.atomic():
        book.append([Entry("ledger.verified", who, detail={"sound": sound})], present())
    return Checked(found, outside, sound)


@contextmanager
def one_at_a_time(state: str) -> Iterator[None]:
    """Check in this block alone, among all processes that serve the installation on this machine.

    Args:
        state: the folder of its state.

    Raises:
        LedgerError: another one checks.
    """
    try:
        with locked_file(os.path.join(state, "verifying.lock"), passing=True):
            yield
    except LockedElsewhereError:
        told = said("the ledger is being checked for somebody else; ask again later")
        raise LedgerError(told) from None
