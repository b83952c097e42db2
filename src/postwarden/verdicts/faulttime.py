"""What an examination looks for beside wrong copies among messages accepted while a wrong map was live.

Copies are judged by the rules like all others; then rightful ones may say that others were left out, or that
the server stored them twice.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

import ibis.expr.types as ir

from postwarden.evidence.service import Engine, Validity
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.duplicates import Delivered, duplicates, is_for_one_address, line_of
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.gathering import Related
from postwarden.verdicts.left_out import LeftOut, left_out, with_left_out
from postwarden.verdicts.ownership import holding
from postwarden.verdicts.queuefiles import QueueFiles
from postwarden.verdicts.reached import Window, reached_too_few, stored_twice
from postwarden.verdicts.repairs import Repairs
from postwarden.verdicts.subjects import Subject


@dataclass(slots=True)
class FaultTime:
    """What is looked at in the time of a fault, and what was found so far.

    Attributes:
        queues: ids of queue files to look at, one column `queue_id`, kept.
        names: the same in this process.
        files: how many files of an LMTP session lie in a mailbox, by account and session, of those that
            may be doubled.
    """

    destinations: Destinations
    repairs: Repairs
    queues: ir.Table
    names: frozenset[str]
    files: Mapping[tuple[str, str], int]
    _sources: list[tuple[Finding, Subject, tuple[LeftOut, ...]]] = field(default_factory=list)
    _delivered: list[Delivered] = field(default_factory=list)

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
        doubled, files = stored_twice(engine, window)
        too_few = reached_too_few(engine, destinations, validities, window)
        queues = engine.keep(too_few.union(doubled, distinct=True))
        names = frozenset(engine.table(queues)["queue_id"].to_pylist())
        return cls(destinations, repairs, queues, names, files)

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
        files = QueueFiles(lines)
        found = tuple(left_out(files, queue, self.destinations))
        self._sources.append((finding, subject, found))
        if (finding.account, subject.session_id) in self.files and is_for_one_address(
            files, queue, finding.account, self.destinations
        ):
            saves = [
                *index.by_storage.get(subject.storage_name or "", ()),
                *index.by_session.get(subject.session_id or "", ()),
            ]
            line = line_of(subject.copy, list(dict.fromkeys(saves)), self.files)
            self._delivered.append(Delivered(finding, subject.copy, line))
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
        doubled = duplicates(self._delivered)
        asked = [
            (replace(finding, rightful=tuple(_missing(some))), subject)
            for finding, subject, some in self._sources
            if some
        ]
        held = holding(engine, asked, misplaced)

        def has(finding: Finding, account: str) -> bool:
            given = (account, finding.message_id or "", finding.queue_id or "")
            return account in held[finding.id] or given in self.repairs.given

        sources = (
            (finding, some) for finding, _, some in self._sources if finding.id not in doubled
        )
        yield from doubled.values()
        for finding in with_left_out(sources, has):
            if everything or finding.leaves_out:
                yield finding
        self._sources.clear()
        self._delivered.clear()


def _missing(some: Collection[LeftOut]) -> list[str]:
    return sorted({account for one in some for account in one.accounts})
