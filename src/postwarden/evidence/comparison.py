"""Comparing the sources with each other: what one log names and another should have."""

from collections.abc import Iterator, Set

import ibis.expr.types as ir

from postwarden.evidence.compiling import remembered
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
    sessions = _sessions(lines)
    lone = engine.keep(_of_one_log(sessions)) if servers & {"dovecot", "postfix"} else None
    events = acts.filter(acts.what.isin(["opened", "listed", "downloaded", "searched"]))
    if lone is not None and "dovecot" in servers:
        yield "dovecot", *_answer(engine, _lone(sessions, lone, "postfix"), _dovecot(lines, acts))
    if lone is not None and "postfix" in servers:
        missing = _lone(sessions, lone, "dovecot")
        there = lines.filter(lines.server == "postfix").select("time")
        yield "postfix", *_answer(engine, missing, there)
    if "dovecot-events" in servers:
        ended = acts.filter(acts.what == "logout", acts.bodies > 0, acts.session.notnull())
        missing = ended.anti_join(events.filter(events.session.notnull()), "session")
        yield "dovecot-events", *_answer(engine, missing, events.select("time"))


@remembered
def _sessions(lines: ir.Table) -> ir.Table:
    """Give the lines of which the other server's log should have one of the same session."""
    saving = (lines.server == "dovecot") & (lines.agent == "lmtp")
    sending = (lines.server == "postfix") & (lines.status == "sent")
    lines = lines.filter(lines.session_id.notnull(), saving | sending)
    return lines.select("server", "time", "file", "line", session=identity(lines.session_id))


@remembered
def _of_one_log(sessions: ir.Table) -> ir.Table:
    saving = sessions.server == "dovecot"
    seen = sessions.group_by("session").agg(saved=saving.any(), sent=(~saving).any())
    return seen.filter(seen.saved != seen.sent).select("session")


@remembered
def _lone(sessions: ir.Table, lone: ir.Table, server: str) -> ir.Table:
    """Give the lines of a server whose session the other's log lacks."""
    return sessions.filter(sessions.server == server).semi_join(lone, "session")


@remembered
def _dovecot(lines: ir.Table, acts: ir.Table) -> ir.Table:
    """Give the moments of which Dovecot's log says something."""
    return lines.filter(lines.server == "dovecot").select("time").union(acts.select("time"))


def _answer(engine: Engine, missing: ir.Table, there: ir.Table) -> tuple[Missing, list[Moment]]:
    rows = engine.table(missing.select("time", "file", "line")).to_pylist()
    if not rows:
        return [], []
    first, last = min(row["time"] for row in rows), max(row["time"] for row in rows)
    near = there.filter(there.time >= first, there.time <= last)
    seconds = engine.table(near.select(second=near.time // 1_000_000).distinct())
    present = sorted(second * 1_000_000 for second in seconds.column("second").to_pylist())
    return [(row["time"], row["file"], row["line"]) for row in rows], present
