"""Copies that the server stored once more than it should, in the mailbox they were meant for (pure).

A repeated LMTP transaction leaves two in one folder: the same queue file, recipient and original recipient.
That each of them is a delivery of its own has to be logged by Dovecot; what their holder copied is never one
of them, nor what the holder's filter filed into further folders.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from postwarden.sources.service import CopyRecord, DeliveryRecord
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.facts import Citation, Reason
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.left_out import names_all
from postwarden.verdicts.queuefiles import QueueFiles


class Delivered(NamedTuple):
    """A rightful copy, and Dovecot's line that it was stored by: None where none names this very copy."""

    finding: Finding
    copy: CopyRecord
    line: DeliveryRecord | None

    @property
    def touched(self) -> bool:
        """Its holder has done something with it, as far as is known."""
        seen = self.finding.exposure
        folder = (self.line and self.line.folder) or "INBOX"
        acts = (
            seen.opened,
            seen.answered,
            seen.forwarded,
            seen.copied,
            seen.moved,
            seen.downloaded,
        )
        moved = self.copy.folder != folder
        return bool(self.copy.flags or self.copy.keywords) or moved or True in acts


def is_for_one_address(files: QueueFiles, queue_id: str, account: str, where: Destinations) -> bool:
    """Tell whether all that a queue file had for an account was for one recipient and original recipient."""
    lines = files.lines(queue_id)
    recipients = {
        (line.recipient, line.original_recipient)
        for line in lines
        if where.account_of(line.recipient or "", line.accepted_at) == account
    }
    return len(recipients) == 1 and names_all(lines)


def line_of(
    copy: CopyRecord, lines: Sequence[DeliveryRecord], files: Mapping[tuple[str, str], int]
) -> DeliveryRecord | None:
    """Find the line that this very copy was stored by, if one is.

    Args:
        copy: a stored one.
        lines: Dovecot's saves that name its file, and those of its session.
        files: how many files of a session lie in a mailbox, by account and session.
    """
    saves = [one for one in lines if one.status == "saved" and one.account == copy.account]
    named = [one for one in saves if one.storage_id is not None]
    if named:
        name = copy.file.rpartition("/")[2].partition(",")[0]
        own = [one for one in named if (one.storage_id or "").partition(",")[0] == name]
        return own[0] if len(own) == 1 else None
    alone = files.get((copy.account, copy.lmtp_id or ""), 0) == 1
    return saves[0] if alone and len(saves) == 1 else None


def duplicates(some: Iterable[Delivered]) -> dict[str, Finding]:
    """Give the superfluous copies, by id, each naming the one that stays.

    One that its holder has touched stays, else the first; of further ones those go that nobody touched. Of
    several of one session all but one are their holder's copies, or their filter's: they stay.

    Args:
        some: copies of queue files that had one address for their holder.
    """
    groups: defaultdict[tuple[object, ...], list[Delivered]] = defaultdict(list)
    for one in some:
        copy = one.copy
        if one.line is not None and copy.message_id is not None:
            body = copy.content_hash or copy.size - copy.header_size
            key = (copy.store, copy.account, copy.queue_id, copy.message_id, one.line.folder)
            groups[*key, copy.header_hash, body].append(one)
    found: dict[str, Finding] = {}
    for theirs in groups.values():
        stays, *others = sorted(theirs, key=_order)
        copies = Counter(one.line and one.line.session_id for one in theirs)
        for one in others:
            if not one.touched and copies[one.line and one.line.session_id] == 1:
                found[one.finding.id] = _naming(one, stays)
    return found


def _order(one: Delivered) -> tuple[bool, int, str]:
    return not one.touched, one.finding.delivered_at or 0, one.finding.id


def _naming(one: Delivered, stays: Delivered) -> Finding:
    citations = [Citation(line.file, line.line) for line in (one.line, stays.line) if line]
    values = (("account", one.finding.account), ("copy", stays.finding.id))
    reason = Reason("duplicate", values, tuple(citations))
    reasons = (*one.finding.reasons, reason)
    return replace(one.finding, duplicate_of=stays.finding.id, reasons=reasons)
