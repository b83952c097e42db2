"""What an examination says anew of findings that a case has, and which of them a report means (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from postwarden.vocabulary import Moment, normal

if TYPE_CHECKING:  # its door loads the engine, which most commands do not need
    from postwarden.verdicts.service import Finding

_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """What an examination of a snapshot found, and what it was about.

    Attributes:
        snapshot: its name.
        mailboxes: accounts whose mailboxes it covers.
        since: only messages accepted from then on.
        until: only messages accepted before then.
        findings: those that are not plainly right.
        senders: of those found, by id, where known.
    """

    snapshot: str
    mailboxes: frozenset[str]
    findings: "tuple[Finding, ...]"
    since: Moment | None = None
    until: Moment | None = None
    senders: Mapping[str, str] | None = None

    def covers(self, account: str, at: Moment | None) -> bool:
        """Tell whether it would have found a copy in this mailbox of a message accepted then."""
        if account not in self.mailboxes:
            return False
        if at is None:
            return self.since is None and self.until is None
        after = self.since is None or at >= self.since
        return after and (self.until is None or at < self.until)


class Before(NamedTuple):
    """A finding as a case has it."""

    account: str
    verdict: str
    at: Moment | None
    present: bool


class What(StrEnum):
    """What an examination says anew of a finding."""

    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"
    BACK = "back"


def compare(known: Mapping[str, Before], taken: Taken) -> dict[str, What]:
    """Say what is new, has another verdict, is gone, or is back; what stayed is left out.

    Gone is only what the examination would have found.
    """
    found = {finding.id: finding.verdict.value for finding in taken.findings}
    told: dict[str, What] = {}
    for name, verdict in found.items():
        before = known.get(name)
        if before is None:
            told[name] = What.NEW
        elif not before.present:
            told[name] = What.BACK
        elif before.verdict != verdict:
            told[name] = What.CHANGED
    for name, before in known.items():
        if before.present and name not in found and taken.covers(before.account, before.at):
            told[name] = What.GONE
    return told


class Match(StrEnum):
    """How sure it is that a report means a finding."""

    SURE = "sure"
    POSSIBLE = "possible"


class Mail(NamedTuple):
    """What is known of a mail, by a customer or by a finding."""

    account: str
    message_id: str | None
    date: Moment | None
    sender: str | None


def match(told: Mail, found: Mail) -> Match | None:
    """Say whether a report means a finding: by its Message-ID, else by all else that is known.

    Dates may differ by a day: people tell what they see in their own zone.
    """
    if told.account != found.account:
        return None
    if told.message_id and found.message_id:
        return Match.SURE if _bare(told.message_id) == _bare(found.message_id) else None
    if told.date and found.date and abs(told.date - found.date) > _DAY:
        return None
    if told.sender and found.sender and normal(told.sender) != normal(found.sender):
        return None
    return Match.POSSIBLE


def holders(findings: "Iterable[Finding]") -> tuple[str, ...]:
    """Give the accounts in which something lies that is wrong."""
    return tuple(sorted({finding.account for finding in findings if finding.wrong}))


def _bare(message_id: str) -> str:
    return message_id.strip().removeprefix("<").removesuffix(">")
