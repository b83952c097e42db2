"""A finding: one copy with its verdict, its owners, who has seen it, and why."""

from dataclasses import dataclass, field

from postwarden.verdicts.exposure import Exposure
from postwarden.verdicts.facts import Reason, Verdict
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one copy, as every shell prints it.

    Attributes:
        id: names the copy; stays the same from snapshot to snapshot.
        account: the holder.
        folder: IMAP name; None where a gone copy's folder was not logged.
        file: path below the account's mail directory, cut at ":2,"; None when gone.
        original_recipients: all that were folded into this copy.
        queue_id: of the queue file it was delivered from.
        accepted_at: when this provider accepted the message.
        delivered_at: when the copy was delivered, by the log or else by its own trace or date.
        has_rightful_copy: every rightful account holds its own; None when nobody is rightful.
        lacking: the rightful accounts that hold no copy of their own.
        gone: no longer stored, but logged as stored.
        duplicate_of: of a rightful copy that the server stored once more than it should: the one that stays.
        settled: the record says that a repair took it away, or left it to a holder who is meant, too.
    """

    id: str
    store: str | None
    account: str
    folder: str | None
    file: str | None
    message_id: str | None
    verdict: Verdict
    rightful: tuple[str, ...]
    original_recipients: tuple[str, ...]
    queue_id: str | None
    accepted_at: Moment | None
    delivered_at: Moment | None
    has_rightful_copy: bool | None = None
    lacking: tuple[str, ...] = ()
    exposure: Exposure = field(default_factory=Exposure)
    second_hand: bool = False
    other_message: str | None = None
    gone: bool = False
    settled: bool = False
    duplicate_of: str | None = None
    reasons: tuple[Reason, ...] = ()

    @property
    def original_recipient(self) -> str | None:
        """The first of the original recipients."""
        return self.original_recipients[0] if self.original_recipients else None

    @property
    def leaves_out(self) -> bool:
        """It is rightful here, and others who were meant to get it by its address never did."""
        return self.verdict is Verdict.RIGHTFUL and bool(self.lacking)

    @property
    def wrong(self) -> bool:
        """Something is wrong with this copy and was not put right: it is misdelivered or crossed."""
        return self.verdict in (Verdict.MISDELIVERED, Verdict.CROSSED) and not self.settled
