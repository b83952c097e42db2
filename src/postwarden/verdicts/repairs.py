"""What repairs did to copies, by the record of those who did them (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from postwarden.verdicts.facts import Citation, Reason

if TYPE_CHECKING:
    from postwarden.verdicts.findings import Finding


@dataclass(frozen=True, slots=True)
class Repairs:
    """What is on record.

    Attributes:
        arrived: messages that were put into an account that they were meant for: account and guid.
        removed: copies that were taken out of a wrong mailbox: account and guid, or account,
            Message-ID and queue id, each with where the record says so.
        kept: wrong copies that were left to a holder who is meant, too, as their own: account and
            guid, or id of the finding where no guid is known.
        given: accounts that got a message, with its Message-ID and the queue id of the copy they got
            it from.
    """

    arrived: Mapping[tuple[str, str], Citation] = field(default_factory=dict)
    removed: Mapping[tuple[str, ...], Citation] = field(default_factory=dict)
    kept: Mapping[tuple[str, str], Citation] = field(default_factory=dict)
    given: frozenset[tuple[str, str, str]] = frozenset()

    def settled(self, finding: "Finding", name: str | None) -> "Finding":
        """Give a finding with `settled` where a repair took its copy away, or left it as the holder's own.

        Args:
            finding: of a misdelivered copy.
            name: its guid, or of one that is gone the file that the log names; None: not known.
        """
        by_name = (finding.account, name or "")
        by_message = (finding.account, finding.message_id or "", finding.queue_id or "")
        if finding.gone:
            taken = by_name in self.removed or by_message in self.removed
            return replace(finding, settled=taken)
        return self._kept(
            finding, self.kept.get(by_name if name else (finding.account, finding.id))
        )

    def _kept(self, finding: "Finding", citation: Citation | None) -> "Finding":
        if citation is None:
            return finding
        reason = Reason("kept", (("account", finding.account),), (citation,))
        return replace(finding, settled=True, reasons=(*finding.reasons, reason))


NO_REPAIRS = Repairs()
