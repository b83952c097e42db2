"""Who gets one message, of which several copies lie with the wrong accounts, and from which of them (pure)."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple


class Stray(NamedTuple):
    """A stored wrong copy.

    Attributes:
        id: of the copy.
        holder: where it lies.
        lacking: whom it was meant for and who have none of their own.
        left: it stays where it is, for some reason.
    """

    id: str
    holder: str
    lacking: Sequence[str]
    left: bool


class Shares(NamedTuple):
    """What becomes of the copies of one message.

    Attributes:
        keepers: who keep a wrong copy as their own, and which.
        goals: by copy that is taken: whom it goes to; the engine lets each account get it from one.
    """

    keepers: Mapping[str, str]
    goals: Mapping[str, Sequence[str]]


def shared(copies: Sequence[Stray], lacking: Collection[str]) -> Shares:
    """Let everybody have the message once, and nobody else have it.

    A holder whom it was meant for, too, keeps their first copy where everybody who lacks that very one
    keeps one as well or gets one that is taken. Else it is taken, and they get theirs like everybody:
    by another copy, or where none that is taken was theirs, by this one.

    Args:
        copies: all of one message.
        lacking: everybody who lacks it, also those whose copy is gone.
    """
    keepers: dict[str, str] = {}
    for one in copies:
        if one.holder in lacking and not one.left:
            keepers.setdefault(one.holder, one.id)
    coming = Counter(
        account
        for one in copies
        if not one.left and keepers.get(one.holder) != one.id
        for account in one.lacking
    )
    _release(copies, keepers, coming)
    goals: dict[str, Sequence[str]] = {}
    for one in copies:
        if one.left or keepers.get(one.holder) == one.id:
            continue
        theirs = [account for account in one.lacking if account not in keepers]
        if one.holder in lacking and one.holder not in keepers and not coming[one.holder]:
            theirs.append(one.holder)
            coming[one.holder] += 1
        goals[one.id] = theirs
    return Shares(keepers, goals)


def _release(copies: Sequence[Stray], keepers: dict[str, str], coming: Counter[str]) -> None:
    """Let nobody keep a copy that another one needs, nor count on a keeper who keeps none any more."""
    kept = {one.id: one for one in copies if keepers.get(one.holder) == one.id}
    counting: defaultdict[str, list[Stray]] = defaultdict(list)
    for one in kept.values():
        for account in one.lacking:
            counting[account].append(one)
    asked = list(reversed(kept.values()))
    while asked:
        one = asked.pop()
        served = all(account in keepers or coming[account] for account in one.lacking)
        if served or one.holder not in keepers:
            continue
        del keepers[one.holder]
        coming.update(one.lacking)
        asked.extend(reversed(counting[one.holder]))
