"""What repairs did to copies, by the record of those who did them (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from postwarden.verdicts.facts import Citation

if TYPE_CHECKING:
    from postwarden.verdicts.findings import Finding


@dataclass(frozen=True, slots=True)
class Repairs:
    """What is on record.

    Attributes:
        arrived: messages that were put into an account that they were meant for: account and guid.
        removed: copies that were taken out of a wrong mailbox: account and guid, or account,
            Message-ID and queue id, each with where the record says so.
    """

    arrived: Mapping[tuple[str, str], Citation] = field(default_factory=dict)
    removed: Mapping[tuple[str, ...], Citation] = field(default_factory=dict)

    def settled(self, finding: "Finding", storage_name: str | None) -> "Finding":
        """Give a finding with `settled` where a repair took its copy away.

        Args:
            finding: of a copy that is gone.
            storage_name: of the file that the log names, where it does.
        """
        by_name = (finding.account, storage_name or "")
        by_message = (finding.account, finding.message_id or "", finding.queue_id or "")
        return replace(finding, settled=by_name in self.removed or by_message in self.removed)


NO_REPAIRS = Repairs()
