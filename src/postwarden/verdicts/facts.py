"""The facts that one copy is judged by; frozen values, gathered elsewhere.

A message may come to a mailbox in several legs: accepted for one account, then sent on by that
account's own act (a Sieve redirect, a .forward). Each leg has its original recipients, and what the
intended directory made of them when they were accepted.
"""

from dataclasses import dataclass
from enum import StrEnum

from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True, order=True)
class Citation:
    """Where a fact can be looked up: a line of a file, or a header of the copy itself."""

    file: str
    line: int

    @classmethod
    def header(cls, name: str) -> "Citation":
        """Cite a header of the copy."""
        return cls(f"header {name}", 0)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the directory, as intended at a time, brings an address.

    Attributes:
        accounts: where its mail is meant to be stored, later names of a renamed account included.
        entitled: further accounts that get a copy by intention (BCC maps).
        known: the directory says something of the address; False for an own domain's unknown name.
        foreign: not in an own domain.
        managed: goes to a command, file or list manager, whose members the directory does not know.
        covered: some directory is valid at that time.
        citations: the lines of the tables that say so.
    """

    accounts: frozenset[str] = frozenset()
    entitled: frozenset[str] = frozenset()
    known: bool = True
    foreign: bool = False
    managed: bool = False
    covered: bool = True
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Original:
    """One original recipient, accepted by this provider."""

    address: str
    accepted_at: Moment | None
    destination: Destination
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Leg:
    """One way from an acceptance to an account's delivery agent.

    `onward`: how the account sent it on, "sieve", "forward" or "unrecorded"; None for the last leg.
    `whole`: all recipients that may be folded into it are known; without, one that is missing in the
    logs may be the one that makes it right.
    """

    account: str
    originals: tuple[Original, ...]
    onward: str | None = None
    citations: tuple[Citation, ...] = ()
    whole: bool = True


class Proof(StrEnum):
    """How it is known that the server delivered this copy, strongest first."""

    STORAGE_ID = "storage-id"  # Dovecot logged this very file name
    SESSION = "session"  # the LMTP session stored in the copy is logged for this holder
    PROCESS = "process"  # the file name carries the process and second of that delivery
    QUEUE = "queue"  # the queue file stored in the copy was logged as delivered to this holder
    HEADER = "header"  # own hosts' trace lines alone


@dataclass(frozen=True, slots=True)
class Arrival:
    """One proven delivery of this copy by this provider's servers.

    Attributes:
        proof: how it is known.
        account: whose mailbox the server says it was.
        legs: oldest first; the last one ends at `account`.
        citations: lines that prove the delivery.
        queue_id: of the queue file it was delivered from, where known.
        folder: where it was stored, where logged, with its uid.
        time: when it was stored, where logged.
        part: the recipient's place in its LMTP session: other parts are other files.
        told: the agent that stored it says into which mailbox; else only that somebody's was stored.
        at_home: this copy lies elsewhere, and `account` still holds its own file of the delivery.
    """

    proof: Proof
    account: str
    legs: tuple[Leg, ...]
    citations: tuple[Citation, ...] = ()
    queue_id: str | None = None
    folder: str | None = None
    uid: int | None = None
    time: Moment | None = None
    part: str | None = None
    told: bool = True
    at_home: bool = False


class Placement(StrEnum):
    """Who put a copy into a mailbox otherwise than by delivery."""

    HOLDER = "holder"
    OPERATOR = "operator"
    OTHER_USER = "other-user"


@dataclass(frozen=True, slots=True)
class Placed:
    """An append or copy that was logged for this copy."""

    by: Placement
    actor: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Content:
    """What speaks for the content belonging to another message than the envelope's.

    Attributes:
        own_id: Message-ID stored in the copy.
        logged_ids: Message-IDs logged for this very delivery; empty when not logged.
        other_id: Message-ID of the other message whose content matches, if one was found.
        match: how it matches: "message-id", "dkim", "body", "copies", "size"; None without a match.
        broken: the copy's own signature or logged size does not fit its content.
        citations: lines that show it.
    """

    own_id: str | None = None
    logged_ids: frozenset[str] = frozenset()
    other_id: str | None = None
    match: str | None = None
    broken: bool = False
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """All that is known of one copy.

    Attributes:
        holder: the account in whose mailbox it lies (or lay).
        arrivals: deliveries proved for this copy.
        elsewhere: deliveries of this message that the copy's own trace names, to other accounts.
        placed: appends and copies logged for it.
        submitted_by_holder: log lines where the holder submitted this very message.
        traced: the copy carries a trace of own hosts.
        gaps: sources that were silent while the proof should have been written.
        content: whether the content belongs to it.
        relocated: where the record says that a repair put it into this mailbox, for it belongs there.
    """

    holder: str
    arrivals: tuple[Arrival, ...] = ()
    elsewhere: tuple[Arrival, ...] = ()
    placed: tuple[Placed, ...] = ()
    submitted_by_holder: tuple[Citation, ...] = ()
    traced: bool = False
    gaps: tuple[str, ...] = ()
    content: Content = Content()
    relocated: Citation | None = None


class Verdict(StrEnum):
    """What the evidence means for one copy."""

    RIGHTFUL = "rightful"
    OWN = "own"
    MISDELIVERED = "misdelivered"
    CROSSED = "crossed"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a message code, what fills its sentence, and where to look."""

    code: str
    values: tuple[tuple[str, str], ...] = ()
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its reasons.

    Attributes:
        verdict: see `Verdict`.
        reasons: never empty.
        rightful: accounts whose message it is (misdelivered); the holder for rightful ones.
        originals: the original recipients that decided.
        second_hand: it reached this mailbox by a holder's redirect or copy of a misdelivered one.
        other_message: crossed: Message-ID of the message whose content it is.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    rightful: tuple[str, ...] = ()
    originals: tuple[Original, ...] = ()
    second_hand: bool = False
    other_message: str | None = None
