"""What the simulator knows about queue files and deliveries, and no server would tell."""

from dataclasses import dataclass, field

from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.logs import Line


@dataclass(frozen=True)
class Recipient:
    """One recipient of a queue file.

    Attributes:
        final: where it goes.
        original: as it was given to this queue file.
        first: as it was given when the provider first accepted the message (before any filter).
    """

    final: str
    original: str
    first: str


@dataclass(eq=False)
class Queued:
    """One queue file.

    Attributes:
        lineage: "" when it came from outside or a user; else how its parent led to it: "filter",
            "redirect", "list" or "resent" (by an operator, on top of the first acceptance).
        single: one RCPT was given, so that Postfix's Received line has a "for".
        accepted: time of its acceptance; `first_accepted` that of the first in its chain.
        lines: what the logs say of it.
        arrivals: its deliveries.
        due_to: the arrival whose redirect or re-sending made this queue file.
        forward_lines: where the filter in front said that it queued this one.
        crossed_with: the letter whose content this queue file has, where that is not its own.
        content_lines: the lines without which that cannot be seen; `exchanged_with` adds those of
            the queue file that it changed bodies with, or that its body was taken from.
        truth: who the content is really meant for, where the envelope does not say it.
    """

    queue_id: str
    letter: Letter
    content: bytes
    sender: str
    recipients: list[Recipient]
    single: bool
    accepted: int
    first_accepted: int
    lineage: str = ""
    parent: "Queued | None" = None
    lines: list[Line] = field(default_factory=list)
    due_to: "Arrival | None" = None
    truth: frozenset[str] | None = None
    crossed_with: Letter | None = None
    forward_lines: list[Line] = field(default_factory=list)
    content_lines: list[Line] = field(default_factory=list)
    exchanged_with: "Queued | None" = None
    arrivals: "list[Arrival]" = field(default_factory=list)

    @property
    def outermost(self) -> "Queued":
        """The queue file with which this provider accepted the message at first."""
        queued = self
        while queued.lineage in ("filter", "resent") and queued.parent is not None:
            queued = queued.parent
        return queued


@dataclass(eq=False)
class Handover:
    """One recipient of a queue file as handed to the store."""

    queued: Queued
    recipient: Recipient
    intended: frozenset[str]
    line: Line | None = None


@dataclass(eq=False)
class Arrival:
    """One LMTP delivery: the copy that one or several (folded) recipients made.

    Attributes:
        account: as Dovecot's log names it.
        alone: the only recipient of its LMTP transaction: the copy has Delivered-To and "for".
        line: Dovecot's "saved mail" line; None for one that Sieve redirected or discarded.
        peers: all stored arrivals of its transaction, itself included.
        crossed_with: the letter whose content it stored, where the queue file had its own.
    """

    account: str
    session: str
    name: str
    at: int
    alone: bool
    handovers: list[Handover] = field(default_factory=list)
    line: Line | None = None
    folder: str = "INBOX"
    crossed_with: Letter | None = None
    peers: "list[Arrival]" = field(default_factory=list, repr=False)

    @property
    def rightful(self) -> frozenset[str]:
        """The accounts that the recipients were meant to lead to."""
        return frozenset().union(*(handover.intended for handover in self.handovers))
