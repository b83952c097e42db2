"""Where all messages are in the end, held against where they should be (pure).

For each message and account it is known how many copies should lie there: the account's own ones, as they
were, and one more for whom the message was meant and who never got theirs, as far as a copy was left to
take it from: a wrong one, or a right one that came for the same address. Nobody else should have any.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from postwarden.drills.misdelivery.stores import Stored
from postwarden.drills.misdelivery.truth import Copy, Truth

Place = tuple[str, str]  # account, Message-ID


class Fault(StrEnum):
    """What is not as it should be."""

    LOST = "lost"  # a message that was meant for the account was there, and is gone
    DOUBLE = "double"  # more copies than there should be
    ALTERED = "altered"  # a holder's own copy has other bytes, another date, other flags or place
    STILL_THERE = "still-there"  # a wrong copy lies where it lay
    NOT_DELIVERED = (
        "not-delivered"  # who lacks it still does, though a copy to take it from was there
    )
    OTHER_BYTES = "other-bytes"  # delivered, but not with the bytes of any such copy
    OTHER_DATE = "other-date"  # delivered, but not with the date such a copy arrived
    NOT_UNREAD = "not-unread"  # delivered, but read or with flags


class Lack(StrEnum):
    """Why somebody lacks a message that nothing could be done about."""

    DELETED = "deleted"  # who got it wrongly deleted it before the hold
    NO_COPY = "no-copy"  # they were left out, and nobody of their address has it any more


@dataclass(frozen=True, slots=True)
class Wrong:
    """One message of one account that is not as it should be."""

    letter: str
    account: str
    fault: Fault


@dataclass(frozen=True, slots=True)
class Ending:
    """The end against the truth.

    Attributes:
        misplaced: wrong copies that lay in mailboxes when the case began.
        removed: so many of them do no longer.
        lacked: messages that somebody lacked, and a copy of which was there to take it from.
        left_out: those of them of which only right copies were there.
        delivered: so many of them lie there now: once, the same bytes, the date of arrival, unread.
        own: copies of their holders' own, those among them that came for another recipient.
        kept: so many of them are as they were.
        beyond: messages that somebody lacks for good, by why.
        wrong: all that is not as it should be.
    """

    misplaced: int
    removed: int
    lacked: int
    left_out: int
    delivered: int
    own: int
    kept: int
    beyond: Mapping[Lack, int]
    wrong: tuple[Wrong, ...]


def end(truth: Truth, before: Iterable[Stored], after: Iterable[Stored]) -> Ending:
    """Hold what lies in the mailboxes after the case against what lay there before it."""
    then, now = _by_place(before), _by_place(after)
    due = _due(truth)
    sources = _sources(truth, then)
    strange = {place for one in truth.copies if not one.gone for place in _strangers(one)}
    copies: dict[Place, list[Copy]] = defaultdict(list)
    for one in truth.copies:
        copies[one.account, one.message_id].append(one)
    tally: Counter[str] = Counter()
    wrong: list[Wrong] = []
    for place in sorted({*then, *now, *due}):
        name = truth.names[place[1]]
        told = _judged(
            copies[place], then[place], now[place], sources[place] if place in due else ()
        )
        tally.update(told.tally)
        wrong += [Wrong(name, place[0], fault) for fault in told.faults]
    beyond = {place for place in due if not sources[place]}
    deleted = len(beyond & {place for one in truth.copies if one.gone for place in _strangers(one)})
    return Ending(
        **{field: tally[field] for field in _COUNTED},
        left_out=sum(bool(sources[place]) for place in due - strange),
        beyond={Lack.DELETED: deleted, Lack.NO_COPY: len(beyond) - deleted},
        wrong=tuple(wrong),
    )


_COUNTED = ("misplaced", "removed", "lacked", "delivered", "own", "kept")


@dataclass(frozen=True, slots=True)
class _Judged:
    tally: Mapping[str, int]
    faults: Sequence[Fault]


def _judged(
    copies: Sequence[Copy],
    then: Sequence[Stored],
    now: Sequence[Stored],
    sources: Sequence[Stored],
) -> _Judged:
    """Judge one message in one account; `sources` are copies to take it from if one is due there."""
    lying = [one for one in copies if not one.gone]
    strange = sum(map(_is_strange, lying))
    own, due = len(lying) - strange, int(bool(sources))
    stays = _staying(lying, then, now)
    surplus = len(now) - stays - own - due
    faults = [Fault.STILL_THERE] * stays + [Fault.DOUBLE] * max(0, surplus)
    missing, delivered = max(0, -surplus), 0
    if due:
        arrived = list((Counter(now) - Counter(then)).elements())
        more = _arrived(arrived, sources)
        delivered = int(not more and surplus <= 0)
        missing -= Fault.NOT_DELIVERED in more
        faults += more
    faults += [Fault.LOST] * missing
    altered = 0
    if not missing and not any(one.else_meant for one in lying):
        altered = max(0, own + stays - sum((Counter(then) & Counter(now)).values()))
        faults += [Fault.ALTERED] * altered
    tally = {"misplaced": strange, "removed": strange - stays, "lacked": due}
    tally |= {"delivered": delivered, "own": own, "kept": own - missing - altered}
    return _Judged(tally, faults)


def _is_strange(copy: Copy) -> bool:
    return not copy.belongs and not copy.else_meant


def _staying(lying: Sequence[Copy], then: Sequence[Stored], now: Sequence[Stored]) -> int:
    """Count the wrong copies that lie where they lay: those of folders that had no others, else by number."""
    mixed = {one.folder for one in lying if not _is_strange(one)}
    strange = [one for one in lying if _is_strange(one)]
    if mixed.isdisjoint(one.folder for one in strange):
        folders = {one.folder for one in strange}
        there = Counter(one for one in then if one.folder in folders)
        return sum((there & Counter(now)).values())
    same = sum((Counter(then) & Counter(now)).values())
    return min(len(strange), max(0, same - (len(lying) - len(strange))))


def _arrived(arrived: Sequence[Stored], sources: Sequence[Stored]) -> list[Fault]:
    """Judge what arrived for somebody who lacked it."""
    if not arrived:
        return [Fault.NOT_DELIVERED]
    one = arrived[0]
    same = [source for source in sources if source.content == one.content]
    faults = []
    if not same:
        faults.append(Fault.OTHER_BYTES)
    elif one.date not in {source.date for source in same}:
        faults.append(Fault.OTHER_DATE)
    if one.flags:
        faults.append(Fault.NOT_UNREAD)
    return faults


def _due(truth: Truth) -> set[Place]:
    """Give who never got a copy of their own of a message that was meant for them.

    A copy that came for another recipient of the same message is as good as their own while it is there.
    """
    got = {
        (one.account, one.message_id)
        for one in truth.copies
        if one.belongs or (one.else_meant and not one.gone)
    }
    meant = {(account, name) for name, some in truth.meant.items() for account in some}
    return meant - got


def _sources(truth: Truth, then: Mapping[Place, Sequence[Stored]]) -> dict[Place, list[Stored]]:
    """Give for each owner the copies elsewhere that they could get their messages from when the case began.

    These are wrong ones, and right ones that came for an address of theirs; the latter not for who had the
    message by another recipient's copy, and deleted that.
    """
    had = {(one.account, one.message_id) for one in truth.copies}
    found: dict[Place, list[Stored]] = defaultdict(list)
    for one in truth.copies:
        if not one.gone:
            for place in _others(one) if one.belongs else _strangers(one):
                if one.belongs and place in had:
                    continue
                there = then[one.account, one.message_id]
                found[place] += [other for other in there if other.folder == one.folder]
    return found


def _strangers(copy: Copy) -> list[Place]:
    """Give whose message a wrong copy is; nobody's, of one that belongs where it lies."""
    return [] if copy.belongs else [(owner, copy.message_id) for owner in copy.owners]


def _others(copy: Copy) -> list[Place]:
    """Give whose message a right copy is beside its holder's; of one that was sent on, nobody's."""
    if copy.redirected_by is not None:
        return []
    return [(owner, copy.message_id) for owner in copy.owners if owner != copy.account]


def _by_place(some: Iterable[Stored]) -> dict[Place, list[Stored]]:
    found: dict[Place, list[Stored]] = defaultdict(list)
    for one in some:
        found[one.account, one.message_id].append(one)
    return found
