"""What an examination looks for beside wrong copies among messages accepted while a wrong map was live.

Copies are judged by the rules like all others; then rightful ones may say that others were left out.
"""

from collections.abc import Collection, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

import ibis.expr.types as ir

from postwarden.evidence.service import Engine, Validity
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.gathering import Related
from postwarden.verdicts.left_out import LeftOut, left_out, with_left_out
from postwarden.verdicts.ownership import holding
from postwarden.verdicts.queuefiles import QueueFiles
from postwarden.verdicts.reached import Window, reached_too_few
from postwarden.verdicts.repairs import Repairs
from postwarden.verdicts.subjects import Subject


@dataclass(slots=True)
class FaultTime:
    """What is looked at in the time of a fault, and what was found so far.

    Attributes:
        queues: ids of queue files to look at, one column `queue_id`, kept.
        names: the same in this process.
    """

    destinations: Destinations
    repairs: Repairs
    queues: ir.Table
    names: frozenset[str]
    _sources: list[tuple[Finding, Subject, tuple[LeftOut, ...]]] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        engine: Engine,
        validities: Sequence[Validity],
        destinations: Destinations,
        repairs: Repairs,
        window: Window,
    ) -> "FaultTime":
        """Find what is to be looked at."""
        queues = reached_too_few(engine, destinations, validities, window)
        names = frozenset(engine.table(queues)["queue_id"].to_pylist())
        return cls(destinations, repairs, queues, names)

    def split(self, copies: ir.Table) -> tuple[ir.Table, ir.Table]:
        """Split off the copies that have to be judged one by one."""
        return copies.anti_join(self.queues, "queue_id"), copies.semi_join(self.queues, "queue_id")

    def takes(self, finding: Finding, subject: Subject, about: Related) -> bool:
        """Take a rightful finding that may have to say more; `findings` gives it later.

        Args:
            finding: of a stored copy.
            subject: what was judged.
            about: what the evidence says of it.
        """
        if subject.copy is None or subject.copy.queue_id not in self.names:
            return False
        index, queue = about.deliveries, subject.copy.queue_id
        name = subject.message_id
        lines = index.ids[name] if name else index.queue(queue, subject.copy.received_at)
        found = tuple(left_out(QueueFiles(lines), queue, self.destinations))
        self._sources.append((finding, subject, found))
        return True

    def findings(
        self, engine: Engine, misplaced: Set[str], *, everything: bool
    ) -> Iterator[Finding]:
        """Give what was taken.

        Args:
            engine: that holds every copy of the messages.
            misplaced: wrong copies, by id: nobody's own.
            everything: also such as say nothing more.
        """
        asked = [
            (replace(finding, rightful=tuple(_missing(some))), subject)
            for finding, subject, some in self._sources
            if some
        ]
        held = holding(engine, asked, misplaced)

        def has(finding: Finding, account: str) -> bool:
            given = (account, finding.message_id or "", finding.queue_id or "")
            return account in held[finding.id] or given in self.repairs.given

        sources = ((finding, some) for finding, _, some in self._sources)
        for finding in with_left_out(sources, has):
            if everything or finding.leaves_out:
                yield finding
        self._sources.clear()


def _missing(some: Collection[LeftOut]) -> list[str]:
    return sorted({account for one in some for account in one.accounts})
