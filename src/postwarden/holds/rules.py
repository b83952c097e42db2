"""What holds an account has, and what may become of them (pure)."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

_LONGEST = 320
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""What no database, server or terminal takes well: control characters and lone surrogates."""


class Kind(StrEnum):
    """What a hold keeps from happening: logins, or changes to what is stored."""

    LOGIN = "login"
    PRESERVATION = "preservation"


class Wording(StrEnum):
    """What the account's holder is told."""

    EXAMINATION = "examination"
    OUTAGE = "outage"


class Hold(NamedTuple):
    """One hold on an account; `case` is "" where it belongs to none, `plan` the one that placed it."""

    kind: Kind
    case: str
    wording: Wording = Wording.EXAMINATION
    plan: str = ""


class Refusal(StrEnum):
    """Why something is not allowed; shells have the sentences."""

    HELD_ALREADY = "held-already"
    NOT_HELD = "not-held"
    HELD_ANEW = "held-anew"
    NO_NAME = "no-name"
    SESSIONS_OPEN = "sessions-open"
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
    """A case's hold is to end: the one that `plan` placed.

    `doubt` is why the proof that would allow it does not.
    """

    kind: Kind
    case: str
    doubt: Refusal | None = None
    plan: str = ""


Event = Place | Lift
Holds = frozenset[Hold]


def decide(holds: Holds, event: Event) -> Holds | Refusal:
    """Give an account's holds after an event, or why that is not allowed."""
    match event:
        case Place(hold):
            if _of(holds, hold.kind, hold.case):
                return Refusal.HELD_ALREADY
            return holds | {hold}
        case Lift(kind, case, doubt, plan):
            found = _of(holds, kind, case)
            if not found:
                return Refusal.NOT_HELD
            if any(one.plan != plan for one in found):
                return Refusal.HELD_ANEW
            return doubt or holds - found


def is_name(account: str) -> bool:
    """Tell whether an account can be kept and told of under this name.

    RFC 5321 section 4.5.3.1 gives a local part 64 octets and a domain 255.
    """
    return 0 < len(account) <= _LONGEST and _UNFIT.search(account) is None


def is_held(holds: Iterable[Hold]) -> bool:
    """Tell whether logins are refused: while any case still holds them."""
    return any(one.kind is Kind.LOGIN for one in holds)


def wording(holds: Iterable[Hold]) -> Wording:
    """Give what the holder is told: an examination goes before an outage."""
    told = {one.wording for one in holds if one.kind is Kind.LOGIN}
    return Wording.OUTAGE if told == {Wording.OUTAGE} else Wording.EXAMINATION


def _of(holds: Holds, kind: Kind, case: str) -> Holds:
    return frozenset(one for one in holds if (one.kind, one.case) == (kind, case))
