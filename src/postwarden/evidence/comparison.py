"""Comparing the sources with each other: what one log names and another should have."""

from collections.abc import Iterator, Set

import ibis.expr.types as ir

from postwarden.evidence.engine import Engine, identity
from postwarden.vocabulary import Moment

Missing = list[tuple[Moment, str, int]]


def absences(engine: Engine, servers: Set[str]) -> Iterator[tuple[str, Missing, list[Moment]]]:
    """Give, for each log there is, the lines it lacks and the moments of lines it has nearby.

    Yields:
        The server's name; when each missing line should have been written, with the file and line
        that prove it; and sorted moments (whole seconds) of lines that are there.
    """
    lines, acts = engine.tables["deliveries"], engine.tables["accesses"]
    dovecot = _sessions(
        lines.filter(lines.server == "dovecot", lines.agent == "lmtp", lines.session_id.notnull())
    )
    postfix = _sessions(
        lines.filter(lines.server == "postfix", lines.status == "sent", lines.session_id.notnull())
    )
    events = acts.filter(acts.what.isin(["opened", "listed", "downloaded", "searched"]))
    if "dovecot" in servers:
        missing = postfix.anti_join(dovecot, "session")
        there = lines.filter(lines.server == "dovecot").select("time").union(acts.select("time"))
        yield "dovecot", *_answer(engine, missing, there)
    if "postfix" in servers:
        missing = dovecot.anti_join(postfix, "session")
        there = lines.filter(lines.server == "postfix").select("time")
        yield "postfix", *_answer(engine, missing, there)
    if "dovecot-events" in servers:
        ended = acts.filter(acts.what == "logout", acts.bodies > 0, acts.session.notnull())
        missing = ended.anti_join(events.filter(events.session.notnull()), "session")
        yield "dovecot-events", *_answer(engine, missing, events.select("time"))


def _sessions(lines: ir.Table) -> ir.Table:
    return lines.select("time", "file", "line", session=identity(lines.session_id))


def _answer(engine: Engine, missing: ir.Table, there: ir.Table) -> tuple[Missing, list[Moment]]:
    rows = engine.table(missing.select("time", "file", "line")).to_pylist()
    if not rows:
        return [], []
    first, last = min(row["time"] for row in rows), max(row["time"] for row in rows)
    near = there.filter(there.time >= first, there.time <= last)
    seconds = engine.table(near.select(second=near.time // 1_000_000).distinct())
    present = sorted(second * 1_000_000 for second in seconds.column("second").to_pylist())
    return [(row["time"], row["file"], row["line"]) for row in rows], present
