"""When a message may be read (pure)."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

from postwarden.vocabulary import Moment

MINUTE = 60_000_000
CHOICES = (15, 30, 60)
"""Minutes that a message may be read for."""
WAITING = 24 * 60 * MINUTE
"""How long a request waits for somebody else."""
LEAST_WORDS = 20
"""Characters of a justification at least."""


class Refusal(StrEnum):
    """Why something is not allowed."""

    NO_REASON = "no-reason"  # the justification is too short to be one
    NO_TIME = "no-time"  # not one of the times that can be asked for
    OWN_REQUEST = "own-request"  # nobody grants what they asked for
    ANSWERED = "answered"  # it was granted or refused already
    TOO_LATE = "too-late"  # nobody answered in time; ask again
    NOT_GRANTED = "not-granted"
    OTHERS = "others"  # it was granted to somebody else
    EXPIRED = "expired"  # its time is up
    GRANTER_GONE = "granter-gone"  # who granted may not any more, or their key was revoked
    TIED = "tied"  # who asked and who agreed may be one person: one let the other in
    NOTHING_WAITS = "nothing-waits"  # it was shown, or waited for too long
    ELSEWHERE = "elsewhere"  # another browser asked for it, and can open it alone
    FORGED = "forged"  # it is not what was asked and signed


@dataclass(frozen=True)
class Asked:
    """What is asked for; its hash is what somebody else signs.

    Attributes:
        case: reference.
        why: the justification.
        asked_by: who will read it, and nobody else.
        asked_at: when.
        minutes: for how long, from the grant on.
        store: where the copy lies.
        copy: which one it is: account, folder, file, guid, uid, header_hash.
    """

    case: str
    why: str
    asked_by: str
    asked_at: Moment
    minutes: int
    store: str
    copy: Mapping[str, Any]

    @property
    def account(self) -> str:
        """Whose mailbox it lies in."""
        return str(self.copy["account"])

    def text(self) -> str:
        """Write it in its one form."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @cached_property
    def hash(self) -> str:
        """SHA-256 of its text, hex."""
        return sha256(self.text().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What somebody else said.

    Attributes:
        by: who.
        at: when.
        granted: they agreed, and signed `consent`.
        fingerprint: of the key that signed; "" where nothing was granted.
        signature: armoured, or an assertion as JSON; likewise.
    """

    by: str
    at: Moment
    granted: bool
    fingerprint: str = ""
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Glass:
    """A request, and the answer to it where there is one."""

    asked: Asked
    answer: Answer | None = None

    @property
    def until(self) -> Moment | None:
        """Until before when the message may be read; None where nothing was granted."""
        if self.answer is None or not self.answer.granted:
            return None
        return self.answer.at + self.asked.minutes * MINUTE


def consent(asked: Asked) -> bytes:
    """Give the words that who agrees signs."""
    told = f"open one message {asked.hash} to {asked.asked_by} for {asked.minutes} minutes"
    return f"postwarden: {told}\n".encode()


def may_ask(asked: Asked) -> Refusal | None:
    """Say why this cannot be asked for; None where it can."""
    if len(asked.why.strip()) < LEAST_WORDS:
        return Refusal.NO_REASON
    return None if asked.minutes in CHOICES else Refusal.NO_TIME


def may_answer(glass: Glass, who: str, now: Moment) -> Refusal | None:
    """Say why somebody cannot answer a request; None where they can."""
    if glass.asked.asked_by == who:
        return Refusal.OWN_REQUEST
    if glass.answer is not None:
        return Refusal.ANSWERED
    return Refusal.TOO_LATE if now >= glass.asked.asked_at + WAITING else None


def may_read(glass: Glass, who: str, now: Moment) -> Refusal | None:
    """Say why somebody cannot read the message; None where they can."""
    if glass.until is None or glass.answer is None:
        return Refusal.NOT_GRANTED
    if glass.answer.by == glass.asked.asked_by:
        return Refusal.FORGED
    if glass.asked.asked_by != who:
        return Refusal.OTHERS
    return None if glass.answer.at <= now < glass.until else Refusal.EXPIRED
