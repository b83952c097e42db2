"""What an examination says of an account, and whether that proves it clean (pure)."""

from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

from postwarden.cases.values import State, Times
from postwarden.vocabulary import Moment

SPARE = 600_000_000
"""Microseconds before a fault began from which mail is looked at: logs cut times, clocks differ."""


class Look(NamedTuple):
    """What an examination looked at in one account, and what it saw there.

    Attributes:
        account: whose mailbox.
        snapshot: name of the evidence.
        sha256: of its manifest, hex, which has the hash of every part.
        taken: when the reading of the mailboxes began.
        since: only messages accepted from then on; None: all.
        until: only messages accepted before then; None: all.
        copies: stored in the mailbox.
        repaired: misdelivered copies that repairs took out of it.
        wrong: misdelivered or crossed copies, also such as are gone by now.
        unexplained: copies of which the evidence does not tell whether they belong there.
        unread: copies and folders that could not be read.
        logged_from: from when until `logged_to` the mail servers' logs have no gap, so that also what was
            deleted since would be known; None where they have one in the time that the case asks for.
    """

    account: str
    snapshot: str
    sha256: str
    taken: Moment
    since: Moment | None
    until: Moment | None
    copies: int
    wrong: int
    unexplained: int
    unread: int
    logged_from: Moment | None
    logged_to: Moment | None
    repaired: int = 0


class Doubt(StrEnum):
    """Why an account is not proven clean; shells have the sentences."""

    NOT_CLEARED = "not-cleared"
    WRONG_THERE = "wrong-there"
    NOT_LOGGED = "not-logged"
    FAULT_GOES_ON = "fault-goes-on"
    LOOKED_BEFORE_END = "looked-before-end"
    LOOKED_BEFORE_HOLD = "looked-before-hold"
    LOOKED_AT_LESS = "looked-at-less"
    REPORTED = "reported"


def state_after(look: Look, reported: Collection[str]) -> State:
    """Give the state of an account that was looked at.

    Args:
        look: what was seen.
        reported: accounts whose holders reported mail that is not theirs.
    """
    if look.wrong:
        return State.TO_REPAIR
    if look.unexplained or look.unread or look.logged_from is None:
        return State.EXAMINED
    if look.repaired:
        return State.REPAIRED
    return State.EXAMINED if look.account in reported else State.CLEARED


def doubt(look: Look, times: Times, held_since: Moment) -> Doubt | None:
    """Tell why what was seen in a cleared account does not prove it clean; None: it does.

    Args:
        look: the last one.
        times: of the case.
        held_since: since when nobody but the mail system has changed the mailbox.
    """
    since, end = times.occurred_from, times.occurred_to
    if end is None:
        return Doubt.FAULT_GOES_ON
    if since is None or not _logged(look, since, end):
        return Doubt.NOT_LOGGED
    checks = (
        (look.taken >= end, Doubt.LOOKED_BEFORE_END),
        (look.taken >= held_since, Doubt.LOOKED_BEFORE_HOLD),
        (look.since is None or look.since <= since - SPARE, Doubt.LOOKED_AT_LESS),
        (look.until is None or look.until > end, Doubt.LOOKED_AT_LESS),
    )
    return next((why for fits, why in checks if not fits), None)


def _logged(look: Look, since: Moment, end: Moment) -> bool:
    if look.logged_from is None or look.logged_to is None:
        return False
    return look.logged_from <= since and end <= look.logged_to
