"""What holds an account has, and what may become of them (pure)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a hold keeps from happening: logins, or changes to what is stored."""

    LOGIN = "login"
    PRESERVATION = "preservation"


class Wording(StrEnum):
    """What the account's holder is told."""

    EXAMINATION = "examination"
    OUTAGE = "outage"


class Hold(NamedTuple):
    """One hold on an account; `case` is "" where it belongs to none."""

    kind: Kind
    case: str
    wording: Wording = Wording.EXAMINATION


class Refusal(StrEnum):
    """Why something is not allowed; shells have the sentences."""

    HELD_ALREADY = "held-already"
    NOT_HELD = "not-held"
    NOT_CLEARED = "not-cleared"
    WRONG_THERE = "wrong-there"
    NOT_LOGGED = "not-logged"
    FAULT_GOES_ON = "fault-goes-on"
    LOOKED_BEFORE_END = "looked-before-end"
    LOOKED_BEFORE_HOLD = "looked-before-hold"
    LOOKED_AT_LESS = "looked-at-less"
    REPORTED = "reported"


class Place(NamedTuple):
    """A hold is to be placed."""

    hold: Hold


class Lift(NamedTuple):
    """A case's hold is to end; `doubt` is why the proof that would allow it does not."""

    kind: Kind
    case: str
    doubt: Refusal | None = None


Event = Place | Lift
Holds = frozenset[Hold]


def decide(holds: Holds, event: Event) -> Holds | Refusal:
    """Give an account's holds after an event, or why that is not allowed."""
    match event:
        case Place(hold):
            if _of(holds, hold.kind, hold.case):
                return Refusal.HELD_ALREADY
            return holds | {hold}
        case Lift(kind, case, doubt):
            found = _of(holds, kind, case)
            return (doubt or holds - found) if found else Refusal.NOT_HELD


def is_held(holds: Iterable[Hold]) -> bool:
    """Tell whether logins are refused: while any case still holds them."""
    return any(one.kind is Kind.LOGIN for one in holds)


def wording(holds: Iterable[Hold]) -> Wording:
    """Give what the holder is told: an examination goes before an outage."""
    told = {one.wording for one in holds if one.kind is Kind.LOGIN}
    return Wording.OUTAGE if told == {Wording.OUTAGE} else Wording.EXAMINATION


def _of(holds: Holds, kind: Kind, case: str) -> Holds:
    return frozenset(one for one in holds if (one.kind, one.case) == (kind, case))
