"""One batch of mailboxes into one part: what a worker process does."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from postwarden.evidence.settings import Scope
from postwarden.evidence.storescan_journal import (
    CoveredMailbox,
    Journal,
    part_paths,
    settled,
)
from postwarden.evidence.tables import PartWriter
from postwarden.sources.service import (
    CopyRecord,
    FolderScan,
    KnownFolder,
    Mailbox,
    MailServer,
    ProblemRecord,
    ReadOptions,
    SourceError,
    StoreSettings,
    read_server_mailbox,
    scan_mailbox,
)
from postwarden.vocabulary import Provider

_READ_AGAIN = frozenset({"vanished", "unreadable"})


@dataclass(frozen=True, slots=True)
class Batch:
    """Mailboxes to read into one part.

    Attributes:
        folder: of the snapshot.
        name: of the part.
        store: where the mailboxes are; `mail` is its server, where it has one.
        mark: see `Journal.mark`.
        before: part and journal of an earlier snapshot that holds some of these mailboxes.
        per_second: most messages a second; None: no limit.
    """

    folder: str
    name: str
    mark: str
    mailboxes: tuple[Mailbox, ...]
    provider: Provider
    options: ReadOptions
    scope: Scope
    store: StoreSettings
    mail: MailServer | None = None
    before: tuple[str, Journal] | None = None
    per_second: float | None = None


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: mailboxes done, messages in the part and their bytes."""

    mailboxes: int
    rows: int
    size: int


def read_batch(batch: Batch) -> BatchResult:
    """Read a batch; the part is durable, then its journal, when this returns.

    Raises:
        OSError: evidence cannot be written; nothing of this batch counts as done.
    """
    earlier = _Earlier(batch.before)
    covered: dict[str, CoveredMailbox] = {}
    problems: list[ProblemRecord] = []
    pace = _Pace(batch.per_second)
    copies_path, problems_path = part_paths(batch.folder, batch.name)
    size = 0
    with PartWriter(copies_path, CopyRecord) as writer:
        kept: list[str] = []
        for mailbox in batch.mailboxes:
            told = earlier.mailboxes.get(mailbox.path)
            if told is not None and told.is_unchanged(mailbox.path):
                covered[mailbox.path] = told
                kept.append(mailbox.account)
                continue
            for found, read in _readings(batch, mailbox, earlier, covered, problems):
                wanted = _within(found, batch.scope)
                size += sum([row.size for row in wanted])
                writer.add(wanted)
                pace.wait(read)
        if kept:
            table = earlier.rows_of(kept)
            size += pc.sum(table["size"]).as_py() or 0
            writer.add_table(table)
            problems += earlier.problems_of(kept)
    rows = writer.count
    if problems:
        with PartWriter(problems_path, ProblemRecord) as writer:
            writer.add(problems)
    journal = Journal(batch.name, batch.mark, covered, rows, size, bool(problems))
    journal.write(batch.folder)
    return BatchResult(len(batch.mailboxes), rows, size)


def _readings(
    batch: Batch,
    mailbox: Mailbox,
    earlier: "_Earlier",
    covered: dict[str, CoveredMailbox],
    problems: list[ProblemRecord],
) -> Iterator[tuple[list[CopyRecord], int]]:
    """Give copies and how many of them were read now; note problems and what is covered."""
    if batch.store.driver == "doveadm":
        rows = _from_server(batch, mailbox, problems)
        yield rows, len(rows)
        covered[mailbox.path] = CoveredMailbox(mailbox.account)
        return
    began = time.time_ns()
    modified = _modified(mailbox.path)
    told = earlier.mailboxes.get(mailbox.path)
    before = earlier.copies_of(mailbox.account) if told is not None else {}
    stamps = told.folders if told is not None else {}
    known = {
        directory: KnownFolder(stamps.get(directory), _names(copies))
        for directory, copies in before.items()
    }
    folders: dict[str, tuple[int, int] | None] = {}
    for scan in scan_mailbox(mailbox, batch.provider, batch.options, known):
        problems += scan.problems
        if any(scan.stamp):
            again = any(copy.state in _READ_AGAIN for copy in scan.copies)
            folders[scan.directory] = None if again else settled(scan.stamp, began)
        elif scan.problems:
            modified = 0
        yield _merged(scan, before.get(scan.directory, {})), len(scan.copies)
    covered[mailbox.path] = CoveredMailbox(mailbox.account, modified, folders)


def _names(copies: dict[str, CopyRecord]) -> frozenset[str]:
    return frozenset(base for base, copy in copies.items() if copy.state not in _READ_AGAIN)


def _from_server(batch: Batch, mailbox: Mailbox, problems: list[ProblemRecord]) -> list[CopyRecord]:
    """Ask the server for an account; what it refuses is noted and stops nothing."""
    rows: list[CopyRecord] = []
    if batch.mail is None:
        raise ValueError(f"store {batch.store.name} needs a mail server")
    try:
        for one in read_server_mailbox(batch.store, mailbox, batch.provider, batch.mail):
            if isinstance(one, CopyRecord):
                rows.append(one)
            else:
                problems.append(one)
    except SourceError as error:
        problems.append(
            ProblemRecord("doveadm", "unreadable-account", mailbox.account, str(error), None, None)
        )
    return rows


def _modified(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _merged(scan: FolderScan, before: dict[str, CopyRecord]) -> list[CopyRecord]:
    if scan.unchanged:
        return list(before.values())
    taken = [
        before[seen.base]._replace(
            file=seen.file, flags=seen.flags, keywords=seen.keywords, uid=seen.uid
        )
        for seen in scan.seen
    ]
    return taken + scan.copies


def _within(rows: list[CopyRecord], scope: Scope) -> list[CopyRecord]:
    since = scope.since
    if since is None:
        return rows
    return [row for row in rows if row.internal_date is None or row.internal_date >= since]


class _Earlier:
    """Rows and problems of an earlier snapshot's part, read when first needed."""

    def __init__(self, before: tuple[str, Journal] | None) -> None:
        self._before = before
        self._table: pa.Table | None = None
        self.mailboxes = before[1].mailboxes if before is not None else {}

    def rows_of(self, accounts: list[str]) -> pa.Table:
        table = self._rows()
        return table.filter(pc.is_in(table["account"], value_set=pa.array(accounts, pa.string())))

    def copies_of(self, account: str) -> dict[str, dict[str, CopyRecord]]:
        """Give an account's copies by folder directory and base name."""
        found: dict[str, dict[str, CopyRecord]] = {}
        for row in self.rows_of([account]).to_pylist():
            copy = CopyRecord(**row)
            path, _, base = copy.file.rpartition("/")
            directory = path.rpartition("/")[0]
            found.setdefault(directory, {})[base] = copy
        return found

    def problems_of(self, accounts: list[str]) -> list[ProblemRecord]:
        """Give the problems noted below the mailboxes of these accounts."""
        if self._before is None or not self._before[1].problems:
            return []
        folder, journal = self._before
        wanted = set(accounts)
        paths = tuple(p for p, box in journal.mailboxes.items() if box.account in wanted)
        table = pq.read_table(part_paths(folder, journal.name)[1])
        problems = [ProblemRecord(**row) for row in table.to_pylist()]
        return [problem for problem in problems if problem.subject.startswith(paths)]

    def _rows(self) -> pa.Table:
        if self._before is None:
            raise LookupError("there is no earlier part")
        if self._table is None:
            folder, journal = self._before
            self._table = pq.read_table(part_paths(folder, journal.name)[0])
        return self._table


class _Pace:
    """Waits so that no more messages a second are read than wanted."""

    def __init__(
        self, per_second: float | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._per_second = per_second
        self._sleep = sleep
        self._began = time.monotonic()
        self._done = 0
        self._last = 0

    def wait(self, read: int) -> None:
        """Take note of messages read of the mailbox at hand, and wait if that was too fast."""
        if self._per_second is None:
            return
        self._done += read - self._last if read >= self._last else read
        self._last = read
        ahead = self._done / self._per_second - (time.monotonic() - self._began)
        if ahead > 0:
            self._sleep(ahead)
