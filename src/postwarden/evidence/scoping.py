"""Limiting what was read from the logs to the scope of a snapshot.

Logs speak of everybody. Of those outside the scope only what the verdicts within it need is kept: the
deliveries of the same messages.
"""

import glob
import os

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from postwarden.durable.service import sync_folder
from postwarden.evidence.engine import Engine
from postwarden.evidence.settings import Scope

_ROUNDS = 4
"""Re-injections are followed this far back."""


def limit_to_scope(folder: str, scope: Scope) -> None:
    """Rewrite deliveries and accesses of a snapshot being taken; nothing to do without accounts.

    After a crash the folder holds the unlimited parts, or both, or the limited one; doing it again
    gives the same.
    """
    if not scope.accounts:
        return
    with Engine(folder) as engine:
        kept = {
            "accesses": engine.table(_accesses(engine, scope)),
            "deliveries": engine.table(_deliveries(engine, scope)),
        }
    for table, rows in kept.items():
        place = os.path.join(folder, table)
        old = set(glob.glob(os.path.join(glob.escape(place), "*.parquet")))
        new = os.path.join(place, "limited.parquet")
        pq.write_table(rows, f"{new}.partial", compression="zstd")
        os.replace(f"{new}.partial", new)
        for part in old - {new}:
            os.unlink(part)
        sync_folder(place)


def _accesses(engine: Engine, scope: Scope) -> ir.Table:
    acts = engine.tables["accesses"]
    return acts.filter(acts.account.isin(list(scope.accounts))).distinct()


def _deliveries(engine: Engine, scope: Scope) -> ir.Table:
    """Give the deliveries to the accounts or their addresses, and all others of those messages."""
    lines, directory = engine.tables["deliveries"], engine.tables["directory"]
    accounts = list(scope.accounts)
    addresses = directory.filter(directory.account.isin(accounts)).select("address").distinct()
    own = lines.filter(lines.account.isin(accounts) | lines.recipient.isin(accounts))
    named = lines.semi_join(addresses, [lines.original_recipient == addresses.address])
    reached = lines.semi_join(addresses, [lines.recipient == addresses.address])
    first = engine.table(own.union(named).union(reached).select(*_KEYS).distinct())
    found = {name: set(first.column(name).to_pylist()) - {None} for name in _KEYS}
    for _ in range(_ROUNDS):
        before = sum(map(len, found.values()))
        for row in engine.table(_of(engine, lines, found).select(*_KEYS).distinct()).to_pylist():
            for name, value in row.items():
                if value is not None:
                    found[name].add(value)
        if sum(map(len, found.values())) == before:
            break
    return _of(engine, lines, found).distinct()


_KEYS = ("queue_id", "session_id", "message_id")


def _of(engine: Engine, lines: ir.Table, found: dict[str, set[str]]) -> ir.Table:
    """Give the lines that share a queue file, an LMTP transaction or a Message-ID with those found."""
    parts = []
    for name, values in found.items():
        given = engine.given({name: pa.string()}, [(value,) for value in sorted(values)])
        parts.append(lines.semi_join(given, name))
    queues = sorted(found["queue_id"])
    given = engine.given({"next_queue_id": pa.string()}, [(value,) for value in queues])
    return parts[0].union(*parts[1:], lines.semi_join(given, "next_queue_id"))
