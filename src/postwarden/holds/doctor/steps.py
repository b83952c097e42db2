"""What was tried, what came of it, and what that means (pure)."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from postwarden.holds.doctor.findings import Finding, Level


class Stage(StrEnum):
    """When something was tried, in this order."""

    BEFORE = "before"
    HELD = "held"
    HELD_COLD = "held-cold"
    RELEASED = "released"
    SILENT = "silent"
    SILENT_COLD = "silent-cold"
    AFTER = "after"


class Answer(StrEnum):
    """What a server said to a login, or to mail."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    NONE = "none"


class Attempt(NamedTuple):
    """One try of a client.

    Attributes:
        answer: of the server.
        text: what it said, or why there was no answer.
        queue_id: of mail that was accepted; "" for logins and where the server names none.
    """

    answer: Answer
    text: str = ""
    queue_id: str = ""


class Outcome(StrEnum):
    """What came of a step."""

    LET_IN = "let-in"
    REFUSED_WITH_REASON = "refused-with-reason"
    MAIL_HELD = "mail-held"
    SESSION_ENDED = "session-ended"
    MAIL_STORED = "mail-stored"
    CACHE_FLUSHED = "cache-flushed"
    GOT_IN = "got-in"
    MAIL_PASSED = "mail-passed"
    SESSION_OPEN = "session-open"
    MAIL_REFUSED = "mail-refused"
    MAIL_LOST = "mail-lost"
    CACHE_KEPT = "cache-kept"
    KEPT_OUT = "kept-out"
    REFUSED_OTHERWISE = "refused-otherwise"
    LOGIN_FAILS = "login-fails"
    NO_ANSWER = "no-answer"
    MAIL_UNSEEN = "mail-unseen"
    LEFT_BEHIND = "left-behind"


LEVELS = {
    Outcome.LET_IN: Level.PROVEN,
    Outcome.REFUSED_WITH_REASON: Level.PROVEN,
    Outcome.MAIL_HELD: Level.PROVEN,
    Outcome.SESSION_ENDED: Level.PROVEN,
    Outcome.MAIL_STORED: Level.PROVEN,
    Outcome.CACHE_FLUSHED: Level.PROVEN,
    Outcome.GOT_IN: Level.FAULT,
    Outcome.MAIL_PASSED: Level.FAULT,
    Outcome.SESSION_OPEN: Level.FAULT,
    Outcome.MAIL_REFUSED: Level.FAULT,
    Outcome.MAIL_LOST: Level.FAULT,
    Outcome.CACHE_KEPT: Level.FAULT,
    Outcome.KEPT_OUT: Level.FAULT,
    Outcome.REFUSED_OTHERWISE: Level.UNPROVEN,
    Outcome.LOGIN_FAILS: Level.UNPROVEN,
    Outcome.NO_ANSWER: Level.UNPROVEN,
    Outcome.MAIL_UNSEEN: Level.UNPROVEN,
    Outcome.LEFT_BEHIND: Level.WARNING,
}


class Step(NamedTuple):
    """One thing tried.

    Attributes:
        stage: when.
        where: the door, or what else was tried.
        outcome: what came of it.
        said: by the server, where that tells more.
    """

    stage: Stage
    where: str
    outcome: Outcome
    said: str = ""

    @property
    def level(self) -> Level:
        """What it means for the proof."""
        return LEVELS[self.outcome]


def login_outcome(stage: Stage, attempt: Attempt, reason: str) -> Outcome:
    """Give what a login means.

    Args:
        stage: when it was tried.
        attempt: what the server said.
        reason: the sentence that the account is refused with while it is held.
    """
    if attempt.answer is Answer.NONE:
        return Outcome.NO_ANSWER
    let_in = attempt.answer is Answer.ACCEPTED
    if stage in (Stage.BEFORE, Stage.RELEASED, Stage.AFTER):
        kept_out = Outcome.LOGIN_FAILS if stage is Stage.BEFORE else Outcome.KEPT_OUT
        return Outcome.LET_IN if let_in else kept_out
    if let_in:
        return Outcome.GOT_IN
    return Outcome.REFUSED_WITH_REASON if reason in attempt.text else Outcome.REFUSED_OTHERWISE


def mail_outcome(attempt: Attempt, reason: str, queue: str | None, *, seen: bool) -> Outcome:
    """Give what became of mail that a held account hands in while the policy server is silent.

    Args:
        attempt: to log in and to hand it in.
        reason: as above.
        queue: where Postfix has it; None for nowhere any more.
        seen: whether Postfix's queue could be looked at.
    """
    if attempt.answer is not Answer.ACCEPTED:
        return login_outcome(Stage.SILENT, attempt, reason)
    if not seen or not attempt.queue_id:
        return Outcome.MAIL_UNSEEN
    return Outcome.MAIL_HELD if queue == "hold" else Outcome.MAIL_PASSED


def open_outcome(attempt: Attempt, queue: str | None, *, seen: bool) -> Outcome:
    """Give what became of mail that a session from before the hold hands in; see `mail_outcome`."""
    if attempt.answer is not Answer.ACCEPTED:
        return Outcome.SESSION_ENDED
    return mail_outcome(attempt, "", queue, seen=seen)


def verdict(steps: Sequence[Step], findings: Iterable[Finding]) -> Level:
    """Give what a run means in all: a fault, or not proven, or proven; warnings leave it proven."""
    levels = {step.level for step in steps} | {finding.level for finding in findings}
    if Level.FAULT in levels:
        return Level.FAULT
    if Level.UNPROVEN in levels or Level.PROVEN not in {step.level for step in steps}:
        return Level.UNPROVEN
    return Level.PROVEN
