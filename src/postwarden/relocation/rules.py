"""What becomes of a copy that is put where it belongs (pure).

    WAITING ──► TAKING ──► SENDING ──► REMOVING ──► ENDED
                  │           │            │
                  └───────────┴────────────┴──► ENDED (left, holder's doing, or needs a person)

TAKING: the intent is on record; it is read and goes into quarantine. SENDING: it is there, read back, and
every delivery is staged; only now may any arrive. REMOVING: each was read back; the source may go.
"""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum

from postwarden.relocation.ports import Absence, Room, Where


class Stage(StrEnum):
    """How far a copy is."""

    WAITING = "waiting"
    TAKING = "taking"
    SENDING = "sending"
    REMOVING = "removing"
    ENDED = "ended"


class Outcome(StrEnum):
    """What became of a copy."""

    RELOCATED = "relocated"  # removed, and every rightful account has its own
    REMOVED = "removed"  # removed; every rightful account has, or had, its own already
    DELIVERED = "delivered"  # it stays where it is right; who was left out has theirs
    LEFT = "left"  # nothing was done to it
    HOLDER_DELETED = "holder-deleted"
    HOLDER_CHANGED = "holder-changed"
    NEEDS_PERSON = "needs-person"
    DECIDED = "decided"  # it needed a person, and one has said how it is
    RESTORED = "restored"  # put back into the mailbox that it was taken out of


class Sent(StrEnum):
    """How far the delivery to one rightful account is."""

    DUE = "due"
    UNDER_WAY = "under-way"  # staged; from now on it may have arrived
    ARRIVED = "arrived"  # read back
    TAKEN = "taken"  # it arrived, and its owner removed it before it was read back
    UNCLEAR = "unclear"
    DOUBTED = "doubted"  # nobody knows whether the account got the message from another copy
    HAD = "had"  # the account has, or had, the message from another copy


class Why(StrEnum):
    """Why a copy is left, or needs a person; shells have the sentences."""

    PRESERVED = "preserved"
    ANSWERED = "answered"
    ENCRYPTED = "encrypted"
    OVER_QUOTA = "over-quota"
    UNEXPLAINED = "unexplained"
    CROSSED = "crossed"
    NOBODY = "nobody"
    NO_MAILBOX = "no-mailbox"
    SEVERAL_MAILBOXES = "several-mailboxes"
    NO_ROUTE = "no-route"
    NOT_STORED = "not-stored"
    UNDECIDED = "undecided"
    HOLDERS_TOO = "holders-too"
    UNREADABLE = "unreadable"
    SOURCE_GONE = "source-gone"
    SOURCE_CHANGED = "source-changed"
    NOT_KNOWN_ARRIVED = "not-known-arrived"
    KEEPS_FAILING = "keeps-failing"
    NOT_CARRIED = "not-carried"
    NOT_KEPT = "not-kept"
    TOUCHED = "touched"
    SETTLED = "settled"
    ABANDONED = "abandoned"


_SETTLED = frozenset({Sent.ARRIVED, Sent.TAKEN, Sent.HAD})
MOST_TRIES = 5
"""After so many tries that ended nobody knows how, a copy waits for a person."""


def unfit(size: int, goals: Iterable[Room], *, preserved: bool) -> Why | None:
    """Say why a copy is left just before anything is done to it.

    Args:
        size: of the copy, bytes.
        goals: what the accounts can take that it goes to.
        preserved: what is stored in the holder's account must stay as it is.
    """
    if preserved:
        return Why.PRESERVED
    for room in goals:
        if not room.exists:
            return Why.NO_MAILBOX
        if room.bytes_left is not None and room.bytes_left < size:
            return Why.OVER_QUOTA
    return None


BETWEEN_TRIES = 1.0
"""Seconds between what failed and the next try of anything: a store in trouble is not hammered."""


def by_another(other: Sent | None) -> Sent:
    """Give how far a delivery that is due is, by another one of the same message to the same account.

    While that one is under way, this one stays due, and waits.
    """
    if other in _SETTLED:
        return Sent.HAD
    return Sent.DOUBTED if other is Sent.UNCLEAR else Sent.DUE


_WHY_ABSENT = {
    Absence.GONE: Why.SOURCE_GONE,
    Absence.CHANGED: Why.SOURCE_CHANGED,
    Absence.UNREADABLE: Why.UNREADABLE,
    Absence.NO_ACCOUNT: Why.NO_MAILBOX,
}


def when_absent(
    absence: Absence, sent: Collection[Sent], *, settled: bool, stays: bool = False
) -> tuple[Outcome, Why | None]:
    """Say what becomes of a copy that could not be read.

    Args:
        absence: why.
        sent: its deliveries; where any is not done, its owner goes without it now.
        settled: another plan took it away.
        stays: it was right there, and its holder free to delete it.
    """
    if stays and {Sent.DUE, Sent.HAD}.issuperset(sent):
        return Outcome.LEFT, _WHY_ABSENT[absence] if Sent.DUE in sent else Why.SETTLED
    lacking = not may_remove(sent)
    if settled and not lacking:
        return Outcome.LEFT, Why.SETTLED
    if absence is Absence.GONE:
        return (
            (Outcome.NEEDS_PERSON, Why.SOURCE_GONE) if lacking else (Outcome.HOLDER_DELETED, None)
        )
    if absence is Absence.CHANGED:
        why = Why.SOURCE_CHANGED
        return (Outcome.NEEDS_PERSON, why) if lacking else (Outcome.HOLDER_CHANGED, why)
    why = Why.NO_MAILBOX if absence is Absence.NO_ACCOUNT else Why.UNREADABLE
    begun = not {Sent.DUE, Sent.HAD}.issuperset(sent)
    return (Outcome.NEEDS_PERSON if begun else Outcome.LEFT), why


def after_settling(where: Where) -> Sent:
    """Give how far a delivery is that was under way; ARRIVED is still to be read back."""
    return {
        Where.STAGED: Sent.UNDER_WAY,
        Where.ARRIVED: Sent.ARRIVED,
        Where.TAKEN: Sent.TAKEN,
        Where.LOST: Sent.DUE,
        Where.UNCLEAR: Sent.UNCLEAR,
    }[where]


def has_arrived(sent: Sent, where: Where | None) -> bool:
    """Tell whether a delivery of an abandoned plan came to its account.

    Args:
        sent: how far it is.
        where: what settling says of one that is under way.
    """
    if sent is Sent.UNDER_WAY:
        return where in (Where.ARRIVED, Where.TAKEN)
    return sent in (Sent.ARRIVED, Sent.TAKEN)


def when_taken_back(where: Where) -> Sent:
    """Give how far a delivery is that was under way, and that is staged no longer."""
    return Sent.DUE if where is Where.LOST else Sent.UNCLEAR


def when_abandoned(sent: Collection[Sent]) -> tuple[Outcome, Why]:
    """Say what becomes of a copy of an abandoned plan that came to nobody, as far as is known."""
    if Sent.UNCLEAR in sent or Sent.DOUBTED in sent:
        return Outcome.NEEDS_PERSON, Why.NOT_KNOWN_ARRIVED
    return Outcome.LEFT, Why.ABANDONED


def when_given(sent: Collection[Sent]) -> tuple[Outcome, Why | None]:
    """Say what became of a copy that stays: each of its deliveries is settled."""
    given = not {Sent.ARRIVED, Sent.TAKEN}.isdisjoint(sent)
    return (Outcome.DELIVERED, None) if given else (Outcome.LEFT, Why.SETTLED)


def may_remove(sent: Iterable[Sent]) -> bool:
    """Tell whether the source may go: every rightful account had its own in its hands."""
    return all(one in _SETTLED for one in sent)


def when_removed(absence: Absence | None, sent: Sequence[Sent]) -> tuple[Outcome, Why | None]:
    """Say what became of a copy whose removal was asked for.

    Args:
        absence: None: it was removed; else why not. A copy that is gone was removed by an earlier try
            or by its holder: it is in quarantine either way.
        sent: its deliveries, each of them settled.
    """
    if absence is None or absence is Absence.GONE:
        return (Outcome.RELOCATED if sent else Outcome.REMOVED), None
    if absence is Absence.NO_ACCOUNT:  # it may come back, and its mailbox with it
        return Outcome.NEEDS_PERSON, Why.NO_MAILBOX
    return Outcome.HOLDER_CHANGED, Why.SOURCE_CHANGED
