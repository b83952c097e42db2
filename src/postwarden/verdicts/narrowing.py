"""A view of the evidence that holds only what belongs to the subjects of an examination.

Gathering asks several questions for each batch of subjects. Asked of the whole evidence, each would
read all of it; so what any batch may ask for is taken out once, by a few passes over the whole.
"""

from collections.abc import Iterator

import ibis
import ibis.expr.types as ir

from postwarden.evidence.service import Engine
from postwarden.sources.service import parse_trace

MOST = 2_000_000
"""With more subjects than this the view would be no smaller than the whole."""

_ROUNDS = 12
"""Re-injections are followed this far."""


def names_of(copies: ir.Table) -> ir.Table:
    """Give what identifies copies, and by what evidence of them is found."""
    return copies.select(
        "store",
        "account",
        "file",
        "queue_id",
        "message_id",
        "hops",
        session_id=copies.lmtp_id,
        base=copies.file.split("/")[-1].split(":")[0].split(",")[0],
    )


def narrowed(engine: Engine, names: ir.Table, gone: ir.Table) -> Engine:
    """Give the view for subjects.

    Args:
        engine: of the snapshot.
        names: of the copies (see `names_of`), kept.
        gone: delivery lines of copies that are gone, kept.

    Returns:
        An engine whose "deliveries" and "accesses" are those that `gathering.related` may ask for,
        and whose "copies" have only the columns and rows that it takes traces from.
    """
    if engine.count(names) + engine.count(gone) > MOST:
        return engine
    deliveries = _fed(engine, _deliveries(engine, names, gone))
    accesses = engine.tables["accesses"]
    holders = names.select("account").union(gone.select("account")).distinct()
    queues = deliveries.filter(deliveries.queue_id.notnull()).select("queue_id").distinct()
    copies = engine.tables["copies"].select("queue_id", "trace")
    copies = copies.semi_join(queues, "queue_id") if engine.count(gone) else copies.limit(0)
    return engine.narrowed(
        {
            "deliveries": deliveries,
            "accesses": engine.keep(accesses.semi_join(holders, "account")),
            "copies": engine.keep(copies),
        }
    )


def _deliveries(engine: Engine, names: ir.Table, gone: ir.Table) -> ir.Table:
    lines = engine.tables["deliveries"]
    lost = gone.mutate(base=gone.storage_id.split(":")[0].split(",")[0])
    asked = names.select("session_id", "queue_id", "message_id", "base").union(
        lost.select("session_id", "queue_id", "message_id", "base")
    )
    trace = engine.named("queue_id", sorted(set(_deeper_queues(engine, names))))
    queues = asked.select("queue_id").union(trace)
    queues = queues.filter(queues.queue_id.notnull())
    return engine.keep(
        lines.filter(
            lines.session_id.isin(_there(asked, "session_id"))
            | lines.queue_id.isin(queues.queue_id)
            | lines.message_id.isin(_there(asked, "message_id"))
            | lines.storage_id.split(",")[0].isin(_there(asked, "base"))
        )
    )


def _there(table: ir.Table, column: str) -> ir.Value:
    return table.filter(table[column].notnull())[column]


def _deeper_queues(engine: Engine, names: ir.Table) -> Iterator[str]:
    """Give the queue ids of traces that name more than one, as copies name only the topmost."""
    deep = names.filter((names.hops > 2) | ((names.hops == 2) & names.session_id.isnull()))
    if not engine.count(deep):
        return
    copies = engine.tables["copies"].semi_join(deep, ["store", "account", "file"])
    for batch in engine.batches(copies.select("trace")):
        for trace in batch.column("trace").to_pylist():
            yield from (hop.queue_id for hop in parse_trace(trace) if hop.queue_id)


def _fed(engine: Engine, found: ir.Table) -> ir.Table:
    """Add what fed the deliveries found ("queued as", Dovecot's sessions), round by round."""
    lines = engine.tables["deliveries"]
    handed = lines.filter(lines.next_queue_id.notnull())
    new = found
    for _ in range(_ROUNDS):
        feeders = handed.filter(handed.next_queue_id.isin(_there(new, "queue_id")))
        redirects = new.filter(new.server == "dovecot", new.session_id.notnull())
        sessions = _there(redirects, "session_id")
        before = found.select("file", "line")
        queries = [feeders]
        if engine.count(redirects):
            queries.append(lines.filter(lines.session_id.isin(sessions)))
        more = ibis.union(*queries) if len(queries) > 1 else feeders
        new = engine.keep(more.anti_join(before, ["file", "line"]))
        if not engine.count(new):
            break
        found = engine.keep(found.union(new))
    return found
