"""Read log sets and the directory into the parts of a snapshot.

Each set is read by a process of its own. Its parts appear under their names only when the whole set was
read; a set whose marker is there is not read again.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from postwarden.durable.service import matching
from postwarden.evidence.engine import TABLES
from postwarden.evidence.tables import PartWriter
from postwarden.sources.service import (
    DirectoryRecord,
    DirectorySettings,
    EntryLookup,
    EntryRecord,
    LogSettings,
    ProblemRecord,
    Resolver,
    TableServer,
    closure,
    read_entries,
    read_logs,
)
from postwarden.vocabulary import Moment, Provider

_TABLE_OF: Mapping[type[NamedTuple], str] = {record: name for name, record in TABLES.items()}


@dataclass(frozen=True, slots=True)
class LogTask:
    """Log sets that belong together, to read into a snapshot folder, perhaps in another process."""

    folder: str
    name: str
    sets: tuple[LogSettings, ...]
    provider: Provider
    base: str
    now: Moment
    since: Moment | None = None


def log_tasks(
    folder: str,
    logs: Iterable[LogSettings],
    provider: Provider,
    base: str,
    now: Moment,
    since: Moment | None,
) -> list[LogTask]:
    """Divide the sets: each of Postfix' by itself, all of Dovecot's together (events need its logins)."""
    queue = [log for log in logs if log.format in _QUEUE_LOGS]
    stores = tuple(log for log in logs if log.format not in _QUEUE_LOGS)
    divided = [(log,) for log in queue] + ([stores] if stores else [])
    return [
        LogTask(folder, f"log-{number}", sets, provider, base, now, since)
        for number, sets in enumerate(divided)
    ]


_QUEUE_LOGS = frozenset({"postfix", "journald"})


def log_bytes(task: LogTask) -> int:
    """Give the size of a task's files as they are stored."""
    return sum(os.path.getsize(file) for log in task.sets for file in matching(log.path))


def read_log_set(task: LogTask) -> int:
    """Read the sets of a task into parts; give the number of records written.

    Records older than the scope's `since` are left out; gaps and spans are kept.
    """
    records = read_logs(task.sets, task.provider, task.base, now=task.now)
    return write_parts(task.folder, task.name, _since(records, task.since))


def _since(records: Iterable[Any], since: Moment | None) -> Iterable[Any]:
    if since is None:
        return records
    return (r for r in records if getattr(r, "time", None) is None or r.time >= since)


def write_parts(folder: str, name: str, records: Iterable[Any]) -> int:
    """Write records of any kinds, each kind into a part of that name in its table's folder."""
    writers: dict[type, PartWriter] = {}
    with ExitStack() as stack:
        for record in records:
            writer = writers.get(type(record))
            if writer is None:
                kind = type(record)
                path = os.path.join(folder, _TABLE_OF[kind], f"{name}.parquet")
                writer = writers[kind] = stack.enter_context(PartWriter(path, kind))
            writer.add((record,))
    return sum(writer.count for writer in writers.values())


def read_directories(
    folder: str,
    directories: Iterable[DirectorySettings],
    servers: Mapping[str, TableServer],
    provider: Provider,
    home_domain: str,
    base: str,
) -> int:
    """Read every directory with its closure into parts; give the number of entries."""
    settings = tuple(directories)
    entries: list[EntryRecord] = []
    problems: list[ProblemRecord] = []
    for record in read_entries(settings, servers, base):
        (entries if isinstance(record, EntryRecord) else problems).append(record)  # type: ignore[arg-type]
    write_parts(folder, "directory", entries)
    for index, directory in enumerate(settings):
        own = [entry for entry in entries if entry.directory == index]
        expressions = [entry for entry in own if entry.kind == "regexp"]
        resolver = Resolver(provider, home_domain, EntryLookup(own), expressions)
        keys = dict.fromkeys(
            entry.key for entry in own if entry.kind == "literal" and entry.role in _KEYED
        )
        write_parts(
            folder,
            f"directory-{index}",
            _closed(resolver, keys, index, directory, problems),
        )
    write_parts(folder, "directory-problems", problems)
    return len(entries)


_BATCH = 10_000
_KEYED = frozenset({"account", "alias", "canonical", "bcc"})


def _closed(
    resolver: Resolver,
    keys: Iterable[str],
    index: int,
    directory: DirectorySettings,
    problems: list[ProblemRecord],
) -> Iterable[DirectoryRecord]:
    """Give the closure in batches, and note the loops found on the way."""
    rest = iter(keys)
    while names := list(islice(rest, _BATCH)):
        for resolution in resolver.resolve(names).values():
            problems += [
                ProblemRecord("directory", p.code, p.subject, p.detail, p.file, p.line)
                for p in resolution.problems
            ]
        yield from closure(resolver, names, index, directory.valid_from, directory.valid_to)
