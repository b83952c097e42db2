"""Taking a snapshot: the directory, the logs and the stores, in that order, then the manifest.

After a crash or Ctrl-C the parts that were finished stay; the next scan with the same purpose and scope
goes on from there, and reads nothing twice that was read whole.
"""

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from multiprocessing import get_context

from postwarden.durable.service import replace_text
from postwarden.evidence.logscan import (
    LogTask,
    log_bytes,
    log_tasks,
    read_directories,
    read_log_set,
)
from postwarden.evidence.mailboxes import write_mailboxes
from postwarden.evidence.manifest import Manifest, Validity
from postwarden.evidence.ordering import order_by_account
from postwarden.evidence.scoping import limit_to_scope
from postwarden.evidence.settings import MANIFEST, EvidenceSettings, Scope
from postwarden.evidence.snapshots import (
    INTENT,
    create,
    finished,
    locked,
    new_name,
    parts_of,
    read_intent,
    unfinished,
)
from postwarden.evidence.storescan import StoreTask, scan_store
from postwarden.sources.service import (
    DirectorySettings,
    LogSettings,
    MailServer,
    StoreSettings,
    TableServer,
)
from postwarden.vocabulary import Moment, Provider

_DAY = 86_400 * 1_000_000
_FEW_BYTES = 16 << 20
"""Logs smaller than this are read sooner than another process starts."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What is read, and by which doors."""

    provider: Provider
    home_domain: str
    base: str
    stores: Sequence[StoreSettings]
    directories: Sequence[DirectorySettings]
    logs: Sequence[LogSettings]
    tables: Mapping[str, TableServer]
    mail: MailServer


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a scan is: `stage` is "directory", "logs" or a store's name."""

    stage: str
    done: int
    total: int
    messages: int = 0
    bytes: int = 0


Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class _Intent:
    """What makes two scans the same, so that the second resumes the first."""

    purpose: str
    scope: Scope
    expires_days: int
    content_hash: bool

    def to_json(self, taken: Moment) -> str:
        expires = taken + self.expires_days * _DAY
        document = {"taken": taken, "expires": expires, "intent": asdict(self)}
        return json.dumps(document, sort_keys=True)


def take(
    settings: EvidenceSettings, scope: Scope, sources: Sources, now: Moment, report: Report
) -> Manifest:
    """Take a snapshot, or resume the one that a crash left.

    Args:
        settings: where, why and for how long.
        scope: what it is limited to.
        sources: what is read.
        now: the time of the scan.
        report: told how far it is; it may raise KeyboardInterrupt to stop.

    Raises:
        SourceError: a store or its server cannot be read at all.
        SnapshotBusy: another process takes the same snapshot.
    """
    intent = _Intent(settings.purpose, scope, settings.expiry_days, settings.content_hash)
    name, taken = _begun(settings.path, intent, now)
    folder = os.path.join(settings.path, name)
    with locked(folder):
        read_directories(
            folder,
            sources.directories,
            sources.tables,
            sources.provider,
            sources.home_domain,
            sources.base,
        )
        report(Progress("directory", 1, 1))
        _read_logs(folder, settings, scope, sources, taken, report)
        limit_to_scope(folder, scope)
        order_by_account(folder)
        write_mailboxes(folder, _read_stores(folder, settings, scope, sources, report))
        manifest = Manifest(
            name=name,
            provider=sources.provider.name,
            purpose=settings.purpose,
            scope=scope,
            taken=taken,
            finished=now,
            expires=taken + settings.expiry_days * _DAY,
            content_hash=settings.content_hash,
            directories=tuple(Validity(d.valid_from, d.valid_to) for d in sources.directories),
            parts=tuple(parts_of(folder)),
        )
        replace_text(os.path.join(folder, MANIFEST), manifest.to_json())
    return manifest


def _begun(root: str, intent: _Intent, now: Moment) -> tuple[str, Moment]:
    """Find an unfinished snapshot of the same intent, or begin one."""
    wanted = asdict(intent)
    for name in unfinished(root):
        document = read_intent(os.path.join(root, name))
        if document is not None and json.loads(json.dumps(wanted)) == document["intent"]:
            return name, document["taken"]
    name = new_name(root, now)
    folder = create(root, name)
    replace_text(os.path.join(folder, INTENT), intent.to_json(now))
    return name, now


def _read_logs(
    folder: str,
    settings: EvidenceSettings,
    scope: Scope,
    sources: Sources,
    now: Moment,
    report: Report,
) -> None:
    """Read the log sets, several at once where asked; a set with a marker was read already."""
    tasks = log_tasks(folder, sources.logs, sources.provider, sources.base, now, scope.since)
    waiting = [t for t in tasks if not os.path.exists(_marker(folder, t.name))]
    with ExitStack() as pool:
        counts = _mapped(pool, settings.processes, waiting)
        for number, (task, count) in enumerate(zip(waiting, counts, strict=True), 1):
            replace_text(_marker(folder, task.name), f"{count}\n")
            report(Progress("logs", len(tasks) - len(waiting) + number, len(tasks)))


def _mapped(pool: ExitStack, processes: int, tasks: Sequence[LogTask]) -> Iterable[int]:
    if processes == 1 or len(tasks) < 2 or sum(map(log_bytes, tasks)) < _FEW_BYTES:
        return map(read_log_set, tasks)
    context = get_context("spawn")
    executor = pool.enter_context(ProcessPoolExecutor(processes, mp_context=context))
    return executor.map(read_log_set, tasks)


def _marker(folder: str, name: str) -> str:
    return os.path.join(folder, f"{name}.done")


def _read_stores(
    folder: str, settings: EvidenceSettings, scope: Scope, sources: Sources, report: Report
) -> list[str]:
    earlier = finished(settings.path)
    previous = os.path.join(settings.path, earlier[-1].name) if earlier else None
    mailboxes: list[str] = []
    for store in sources.stores:
        task = StoreTask(store, sources.provider, settings, scope, sources.mail, previous)
        mailboxes += scan_store(folder, task, _of_store(store.name, report))
    return mailboxes


def _of_store(name: str, report: Report) -> Callable[[int, int, int, int], None]:
    """Give the callback that tells a store's progress as a step of the scan."""

    def told(done: int, total: int, messages: int, size: int) -> None:
        report(Progress(name, done, total, messages, size))

    return told
