"""A view of the evidence that holds only what belongs to the subjects of an examination.

Gathering asks several questions for each batch of subjects. Asked of the whole evidence, each would
read all of it; so what any batch may ask for is taken out once, by a few passes over the whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from postwarden.evidence.service import Engine, identity, remembered
from postwarden.sources.service import parse_trace
from postwarden.verdicts.sieve import KEY

MOST = 2_000_000
"""With more subjects than this the view would be no smaller than the whole."""

_ROUNDS = 12
"""Re-injections are followed this far."""

_FOUND_BY = ("session_id", "queue_id", "message_id", "base")


@dataclass(frozen=True, slots=True)
class Candidates:
    """What an examination may have to judge, each table kept.

    Attributes:
        names: of stored copies (see `sieve.NAMES`).
        saves: Dovecot's saves of copies that may be gone (see `sieve.SAVE_COLUMNS`).
    """

    names: ir.Table
    saves: ir.Table

    def count(self, engine: Engine) -> int:
        """Count them all."""
        return engine.count(self.names) + engine.count(self.saves)

    def holders(self) -> ir.Table:
        """Give the accounts in whose mailboxes they lie or lay."""
        return self.names.select("account").union(self.saves.select("account"), distinct=True)

    def asked(self) -> ir.Table:
        """Give by which names the evidence of them is found."""
        names = self.names.mutate(session_id=self.names.lmtp_id, base=_base(self.names.file))
        saves = self.saves.mutate(base=_base(self.saves.storage_id))
        return names.select(*_FOUND_BY).union(saves.select(*_FOUND_BY))


def narrowed(engine: Engine, candidates: Candidates) -> Engine:
    """Give the view for subjects.

    Returns:
        An engine whose "deliveries" and "accesses" are those that `gathering.related` may ask for,
        and whose "copies" are the candidates and what shares a Message-ID, or a session or queue file
        of a candidate that may be gone, with them.
    """
    if candidates.count(engine) > MOST:
        return engine
    asked = engine.keep(candidates.asked())
    deliveries = _deliveries(engine, asked, _deeper_queues(engine, candidates.names))
    accesses = engine.tables["accesses"]
    return engine.narrowed(
        {
            "deliveries": deliveries,
            "accesses": engine.keep(accesses.semi_join(candidates.holders(), "account")),
            "copies": _copies(engine, candidates, asked, deliveries),
        }
    )


def _copies(
    engine: Engine, candidates: Candidates, asked: ir.Table, deliveries: ir.Table
) -> ir.Table:
    copies = engine.tables["copies"]
    sessions = _there(candidates.saves, "session_id")
    queues = deliveries.filter(deliveries.session_id.isin(sessions))
    return engine.keep(
        copies.filter(
            _key(copies).isin(candidates.names.select(key=_key(candidates.names)).key)
            | copies.message_id.isin(_there(asked, "message_id"))
            | copies.lmtp_id.isin(sessions)
            | copies.queue_id.isin(_there(queues, "queue_id"))
        )
    )


def _deliveries(engine: Engine, asked: ir.Table, deeper: Iterator[str]) -> ir.Table:
    """Give the lines of the names asked for, those without any name, and what fed them."""
    lines = engine.tables["deliveries"]
    queues = asked.select("queue_id").union(engine.named("queue_id", sorted(set(deeper))))
    queues = engine.keep(queues.filter(queues.queue_id.notnull()).distinct())
    sessions = engine.keep(asked.filter(asked.session_id.notnull()).select("session_id").distinct())
    nameless = lines.session_id.isnull() & lines.message_id.isnull() & lines.storage_id.isnull()
    found = engine.keep(
        lines.filter(
            lines.session_id.isin(sessions.session_id)
            | lines.queue_id.isin(queues.queue_id)
            | lines.next_queue_id.isin(queues.queue_id)
            | lines.message_id.isin(_there(asked, "message_id"))
            | lines.storage_id.split(",")[0].isin(_there(asked, "base"))
            | (nameless & (lines.server == "dovecot"))
        )
    )
    return _fed(engine, found, queues, sessions)


def _fed(engine: Engine, found: ir.Table, queues: ir.Table, sessions: ir.Table) -> ir.Table:
    """Add what fed the deliveries found ("queued as", Dovecot's sessions), round by round.

    Args:
        engine: of the snapshot.
        found: deliveries, kept.
        queues: queue ids whose lines and feeders are among them.
        sessions: sessions whose lines are among them.
    """
    lines = engine.tables["deliveries"]
    new = found
    for _ in range(_ROUNDS):
        more_queues = engine.keep(_others(new, queues, "queue_id"))
        dovecot = new.filter(new.server == "dovecot")
        more_sessions = engine.keep(_others(dovecot, sessions, "session_id"))
        queries = [
            lines.filter(lines[column].isin(more[name]))
            for column, name, more in (
                ("next_queue_id", "queue_id", more_queues),
                ("session_id", "session_id", more_sessions),
            )
            if engine.count(more)
        ]
        if not queries:
            break
        more = ibis.union(*queries) if len(queries) > 1 else queries[0]
        new = engine.keep(more.anti_join(found.select("file", "line"), ["file", "line"]))
        found = engine.keep(found.union(new))
        queues, sessions = queues.union(more_queues), sessions.union(more_sessions)
    return found


@remembered
def _others(lines: ir.Table, known: ir.Table, column: str) -> ir.Table:
    """Give the values of a column that are not known yet."""
    there = lines.filter(lines[column].notnull()).select(column).distinct()
    return there.anti_join(known, column)


def _there(table: ir.Table, column: str) -> ir.Value:
    return table.filter(table[column].notnull())[column]


def _key(copies: ir.Table) -> ir.Value:
    return identity(*(copies[column] for column in KEY))


def _base(file: ir.Value) -> ir.Value:
    return file.split("/")[-1].split(":")[0].split(",")[0]


def _deeper_queues(engine: Engine, names: ir.Table) -> Iterator[str]:
    """Give the queue ids of traces that name more than one, as copies name only the topmost."""
    deep = names.filter((names.hops > 2) | ((names.hops == 2) & names.lmtp_id.isnull()))
    if not engine.count(deep):
        return
    copies = engine.tables["copies"].semi_join(deep, KEY)
    for batch in engine.batches(copies.select("trace")):
        for trace in batch.column("trace").to_pylist():
            yield from (hop.queue_id for hop in parse_trace(trace) if hop.queue_id)
