"""Reading a store into the parts of a snapshot, by several processes at once.

Each part holds a batch of mailboxes and has a journal; a scan that was stopped goes on with the
mailboxes that no journal names. Where an earlier snapshot is given, parts whose mailboxes did not
change are linked, not read.
"""

import gc
import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from multiprocessing.connection import wait as wait_for
from subprocess import DEVNULL, run

from postwarden.durable.service import link_file, sync_folder
from postwarden.evidence.holders import mailboxes_of
from postwarden.evidence.settings import EvidenceSettings, Scope
from postwarden.evidence.storescan_batch import Batch, BatchResult, read_batch
from postwarden.evidence.storescan_journal import (
    Journal,
    journal_path,
    journals,
    part_paths,
    prefix_of,
    remove_unfinished,
)
from postwarden.evidence.tables import PartWriter
from postwarden.sources.service import (
    Mailbox,
    MailServer,
    ProblemRecord,
    ReadOptions,
    StoreSettings,
)
from postwarden.vocabulary import Provider

Report = Callable[[int, int, int, int], None]
"""Told how far a scan is: mailboxes done, mailboxes in all, messages, bytes."""

_FORMAT = 3
_MOST_MAILBOXES = 500
_FEW_MAILBOXES = 64


@dataclass(frozen=True, slots=True)
class StoreTask:
    """One store to read.

    Attributes:
        previous: folder of an earlier finished snapshot to take unchanged mailboxes from; None:
            none.
    """

    store: StoreSettings
    provider: Provider
    settings: EvidenceSettings
    scope: Scope
    mail: MailServer
    previous: str | None = None


def scan_store(folder: str, task: StoreTask, report: Report) -> list[str]:
    """Read a store into a snapshot folder, or finish reading it; give the accounts covered.

    Args:
        folder: the snapshot, with its folders "copies" and "problems".
        task: what to read.
        report: told after each part; may raise KeyboardInterrupt, which keeps finished parts.

    Raises:
        SourceError: the store cannot be read at all.
        OSError: evidence cannot be written; finished parts are kept.
    """
    done = {journal.name: journal for journal in journals(folder, task.store.name)}
    remove_unfinished(folder, task.store.name, set(done))
    found, problems = _found(task)
    scan = _Scan(folder, task, report, len(found))
    for journal in done.values():
        scan.count(BatchResult(len(journal.mailboxes), journal.rows, journal.size))
    covered = {path for journal in done.values() for path in journal.mailboxes}
    _write_problems(folder, task.store.name, problems)
    batches = scan.take_over([box for box in found if box.path not in covered])
    scan.read(batches)
    return sorted({box.account for box in found})


def _found(task: StoreTask) -> tuple[list[Mailbox], list[ProblemRecord]]:
    """Give the mailboxes within the scope, and what is wrong with others."""
    wanted = frozenset(task.scope.accounts)
    found: list[Mailbox] = []
    problems: list[ProblemRecord] = []
    for one in mailboxes_of(task.store, task.mail):
        if isinstance(one, ProblemRecord):
            problems.append(one)
        elif not wanted or one.account in wanted:
            found.append(one)
    return found, problems


def _write_problems(folder: str, store: str, problems: list[ProblemRecord]) -> None:
    if problems:
        name = prefix_of(store).removeprefix("store-") + "mailboxes"
        with PartWriter(f"{folder}/problems/{name}.parquet", ProblemRecord) as writer:
            writer.add(problems)


class _Scan:
    def __init__(self, folder: str, task: StoreTask, report: Report, total: int) -> None:
        self._folder = folder
        self._task = task
        self._report = report
        self._total = total
        self._done = self._rows = self._size = 0
        self._options = ReadOptions(content_hash=task.settings.content_hash)
        self._mark = _mark(task)
        self._processes = max(1, task.settings.processes)
        self._names = _part_names(folder, task.store.name)

    def count(self, result: BatchResult) -> None:
        """Add a finished part to the progress and report it."""
        self._done += result.mailboxes
        self._rows += result.rows
        self._size += result.size
        self._report(self._done, self._total, self._rows, self._size)

    def take_over(self, waiting: list[Mailbox]) -> list[Batch]:
        """Link parts of the earlier snapshot that did not change; give batches for the rest."""
        rest = {box.path: box for box in waiting}
        batches: list[Batch] = []
        if self._task.previous is not None and self._task.store.driver == "maildir":
            for journal in journals(self._task.previous, self._task.store.name):
                if journal.mark != self._mark or not journal.mailboxes.keys() & rest.keys():
                    continue
                there = [rest.pop(path) for path in journal.mailboxes if path in rest]
                if self._linked(self._task.previous, journal, there):
                    self.count(BatchResult(len(there), journal.rows, journal.size))
                else:
                    batches.append(self._batch(there, (self._task.previous, journal)))
            sync_folder(f"{self._folder}/copies")
            sync_folder(f"{self._folder}/problems")
        size = min(_MOST_MAILBOXES, max(1, len(rest) // (self._processes * 16)))
        new = list(rest.values())
        return batches + [self._batch(new[i : i + size], None) for i in range(0, len(new), size)]

    def _linked(self, previous: str, journal: Journal, there: list[Mailbox]) -> bool:
        if len(there) != len(journal.mailboxes):
            return False
        if not all(journal.mailboxes[box.path].is_unchanged(box.path) for box in there):
            return False
        target = journal_path(self._folder, journal.name)
        if os.path.exists(target):
            return False
        pairs = zip(
            part_paths(previous, journal.name), part_paths(self._folder, journal.name), strict=True
        )
        for (source, goal), wanted in zip(pairs, (True, journal.problems), strict=True):
            if wanted:
                link_file(source, goal)
        link_file(journal_path(previous, journal.name), target)
        return True

    def _batch(self, boxes: list[Mailbox], before: tuple[str, Journal] | None) -> Batch:
        limit = self._task.settings.messages_per_second
        return Batch(
            folder=self._folder,
            name=next(self._names),
            mark=self._mark,
            mailboxes=tuple(boxes),
            provider=self._task.provider,
            options=self._options,
            scope=self._task.scope,
            store=self._task.store,
            mail=self._task.mail if self._task.store.driver == "doveadm" else None,
            before=before,
            per_second=limit / self._processes if limit else None,
        )

    def read(self, batches: list[Batch]) -> None:
        """Read the batches, in this process when they are few."""
        if self._processes == 1 or sum(len(b.mailboxes) for b in batches) <= _FEW_MAILBOXES:
            for batch in batches:
                self.count(_work(batch))
            return
        for result in _in_processes(batches, self._processes):
            self.count(result)


def _in_processes(batches: Iterable[Batch], processes: int) -> Iterator[BatchResult]:
    """Read batches in worker processes; when interrupted, those under way are finished first."""
    context = multiprocessing.get_context("forkserver")
    # pyarrow imports pandas when it first makes an array: once here instead of in each worker
    context.set_forkserver_preload([__name__, "pandas"])
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin_worker) as pool:
        waiting = [pool.submit(_work, batch) for batch in batches]
        try:
            for future in as_completed(waiting):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _work(batch: Batch) -> BatchResult:
    """Read a batch without the collector of cycles, which would walk all rows again and again."""
    gc.disable()
    try:
        return read_batch(batch)
    finally:
        gc.enable()


def _begin_worker() -> None:
    """Be polite, leave Ctrl-C to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(10)
    with suppress(FileNotFoundError):
        run(  # noqa: S603 - fixed arguments
            ["ionice", "-c", "3", "-p", str(os.getpid())],  # noqa: S607 - util-linux, in every PATH
            stdout=DEVNULL,
            stderr=DEVNULL,
            check=False,
        )
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for([sentinel])
    os._exit(1)


def _part_names(folder: str, store: str) -> Iterator[str]:
    """Give names that no part of this snapshot, nor of the earlier one, has."""
    prefix = prefix_of(store)
    stem = blake2b(os.path.basename(folder).encode(), digest_size=4).hexdigest()
    number = 0
    while True:
        name = f"{prefix}{stem}-{number:06d}"
        number += 1
        if not os.path.exists(journal_path(folder, name)):
            yield name


def _mark(task: StoreTask) -> str:
    """Sum up what was asked of each message: only evidence of equal mark is taken over."""
    provider = task.provider
    asked = [
        _FORMAT,
        task.settings.content_hash,
        task.scope.since,
        sorted(provider.hosts),
        provider.separator,
    ]
    return blake2b(json.dumps(asked).encode(), digest_size=16).hexdigest()
