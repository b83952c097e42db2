"""Bring together, for a batch of subjects, all that the evidence says of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import ibis.expr.types as ir
import pyarrow as pa

from postwarden.evidence.service import Engine, remembered
from postwarden.sources.service import AccessRecord, DeliveryRecord
from postwarden.verdicts.deliveries import DeliveryIndex
from postwarden.verdicts.subjects import Subject

_ROUNDS = 12
"""Re-injections are followed this far."""


@dataclass(slots=True)
class Related:
    """Records about a batch.

    Attributes:
        deliveries: every delivery line of the messages concerned, and of what fed them.
        traces: for queue files of subjects that are gone, the trace of a copy that is still stored.
        accesses: acts in the mailboxes concerned, by account.
    """

    deliveries: DeliveryIndex
    traces: dict[str, str] = field(default_factory=dict)
    accesses: defaultdict[str, list[AccessRecord]] = field(
        default_factory=lambda: defaultdict(list)
    )


def related(engine: Engine, subjects: Sequence[Subject]) -> Related:
    """Read what belongs to the subjects, in a few set-based queries.

    A session whose master user any record names was that user's throughout.
    """
    index = DeliveryIndex(_deliveries(engine, subjects))
    found = Related(index, _traces(engine, subjects, index))
    accesses = engine.tables["accesses"]
    holders = _named(engine, accesses, "account", {subject.holder for subject in subjects})
    records = list(engine.records(holders, AccessRecord))
    actors = {one.session: one.actor for one in records if one.session and one.actor}
    for access in records:
        actor = access.actor or actors.get(access.session or "")
        found.accesses[access.account].append(access._replace(actor=actor))
    for line in index.every_redirect():
        if line.account is not None:
            found.accesses[line.account].append(_sent_on(line, line.account))
    return found


def _sent_on(line: DeliveryRecord, account: str) -> AccessRecord:
    """Give what a holder's Sieve did by a redirect, as an act of theirs."""
    return AccessRecord(
        time=line.time,
        host=line.host,
        account=account,
        actor=None,
        session=line.session_id,
        protocol=line.agent,
        address=None,
        what="redirected",
        folder=None,
        source_folder=None,
        uid=None,
        message_id=line.message_id,
        size=None,
        bodies=None,
        headers=None,
        messages=None,
        file=line.file,
        line=line.line,
    )


def _traces(engine: Engine, subjects: Sequence[Subject], index: DeliveryIndex) -> dict[str, str]:
    queues = {
        line.queue_id
        for subject in subjects
        if subject.line is not None
        for line in index.by_session.get(subject.session_id or "", ())
        if line.queue_id
    }
    if not queues:
        return {}
    copies = _named(engine, engine.tables["copies"], "queue_id", queues)
    rows = copies.group_by("queue_id").agg(trace=copies.trace.min())
    return {row["queue_id"]: row["trace"] for row in engine.table(rows).to_pylist()}


def _deliveries(engine: Engine, subjects: Sequence[Subject]) -> list[DeliveryRecord]:
    lines = engine.tables["deliveries"]
    names = {subject.storage_name for subject in subjects if subject.storage_name}
    first = [
        _named(engine, lines, "session_id", {s.session_id for s in subjects if s.session_id}),
        _named(engine, lines, "queue_id", {q for s in subjects for q in s.queue_ids}),
        _named(engine, lines, "message_id", {s.message_id for s in subjects if s.message_id}),
        _stored(lines, _given(engine, "base", names)),
    ]
    records: dict[tuple[str, int, str | None], DeliveryRecord] = {}
    new = _added(records, (r for query in first for r in engine.records(query, DeliveryRecord)))
    for _ in range(_ROUNDS):
        queues = {record.queue_id for record in new if record.queue_id}
        sessions = {r.session_id for r in new if r.server == "dovecot" and r.session_id}
        queries = []
        if queues:
            fed = lines.filter(lines.next_queue_id.notnull())
            queries.append(_named(engine, fed, "next_queue_id", queues))
        if sessions:
            queries.append(_named(engine, lines, "session_id", sessions))
        new = _added(records, (r for q in queries for r in engine.records(q, DeliveryRecord)))
        if not new:
            break
    return list(records.values())


@remembered
def _stored(lines: ir.Table, names: ir.Table) -> ir.Table:
    """Give the lines that name files, by their base names."""
    storage = lines.mutate(base=lines.storage_id.split(",")[0])
    return storage.semi_join(names, "base").drop("base")


def _added(
    records: dict[tuple[str, int, str | None], DeliveryRecord], found: Iterable[DeliveryRecord]
) -> list[DeliveryRecord]:
    new = []
    for record in found:
        key = (record.file, record.line, record.recipient)
        if key not in records:
            records[key] = record
            new.append(record)
    return new


def _named(engine: Engine, table: ir.Table, column: str, values: set[str]) -> ir.Table:
    return _having(table, _given(engine, column, values), column)


@remembered
def _having(table: ir.Table, given: ir.Table, column: str) -> ir.Table:
    return table.semi_join(given, column)


def _given(engine: Engine, column: str, values: Iterable[str]) -> ir.Table:
    return engine.given({column: pa.string()}, [(value,) for value in sorted(values)])
