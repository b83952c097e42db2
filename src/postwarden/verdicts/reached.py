"""Queue files that reached too few accounts of an address, or one twice: found by joins, judged elsewhere.

Only what was accepted in the time of a fault is looked at, and of that only addresses that lead to several
accounts, or of which a line names somebody else, so that it costs little beside an examination.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import ibis.expr.types as ir
import pyarrow as pa

from postwarden.evidence.service import Engine, Validity
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.sieve import directory_index
from postwarden.vocabulary import Moment

Window = tuple[Moment | None, Moment | None]
"""From when, and until before when, messages were accepted; None: without limit."""

_SECOND = 1_000_000
_AT_ONCE = 200_000
_ROUNDS = 4
"""Re-injections are followed this far."""


def whole_seconds(window: Window) -> Window:
    """Give a window that begins with its first second: classic logs cut stamps to that."""
    since, until = window
    return None if since is None else since - since % _SECOND, until


class _Named(NamedTuple):
    address: str
    directory: int
    accepted_at: Moment


def reached_too_few(
    engine: Engine, destinations: Destinations, validities: Sequence[Validity], window: Window
) -> ir.Table:
    """Give the ids of queue files, and of those they went on as, one column `queue_id`, kept.

    An address reaches an account where a line names that very account; where it names it otherwise, the
    queue file is given all the same.
    """
    lines = _lines(engine, validities, window)
    members = _members(engine, destinations, lines)
    key = ["address", "directory"]
    groups = members.group_by(key).agg(meant=members.account.nunique())
    lines = engine.keep(lines.inner_join(groups, key))
    reached = lines.inner_join(
        members,
        [
            lines.address == members.address,
            lines.directory == members.directory,
            lines.recipient == members.account,
        ],
    )
    reached = reached.group_by("queue_id", "address", "directory").agg(
        reached=reached.recipient.nunique()
    )
    both = lines.left_join(reached, ["queue_id", "address", "directory"], rname="other_{name}")
    short = both.filter(both.reached.fill_null(0) < both.meant).select("queue_id").distinct()
    return _and_next(engine, engine.keep(short))


def stored_twice(engine: Engine, window: Window) -> tuple[ir.Table, Mapping[tuple[str, str], int]]:
    """Find messages of which one mailbox holds several copies of one queue file.

    Returns:
        The ids of their queue files, one column `queue_id`, kept; and by account and LMTP session how many
        files of it lie in the mailbox.
    """
    copies = engine.tables["copies"]
    since, until = window
    if since is not None:
        copies = copies.filter(copies.received_at >= since)
    if until is not None:
        copies = copies.filter(copies.received_at < until)
    copies = copies.filter(copies.queue_id.notnull(), copies.message_id.notnull())
    key = ["account", "queue_id", "message_id"]
    counted = copies.group_by(key).agg(files=copies.count())
    several = engine.keep(counted.filter(counted.files > 1))
    theirs = copies.semi_join(several, key)
    theirs = theirs.filter(theirs.lmtp_id.notnull())
    sessions = theirs.group_by("account", "lmtp_id").agg(files=theirs.count())
    rows = engine.table(sessions).to_pylist()
    files = {(row["account"], row["lmtp_id"]): row["files"] for row in rows}
    return engine.keep(several.select("queue_id").distinct()), files


def _lines(engine: Engine, validities: Sequence[Validity], window: Window) -> ir.Table:
    """Give what was handed to this provider's own mailboxes: by address, and to whom."""
    lines = engine.tables["deliveries"]
    since, until = window
    if since is not None:
        lines = lines.filter(lines.accepted_at >= since)
    if until is not None:
        lines = lines.filter(lines.accepted_at < until)
    lines = lines.filter(
        lines.server == "postfix",
        lines.agent != "smtp",
        lines.queue_id.notnull(),
        lines.recipient.notnull(),
        lines.accepted_at.notnull(),
    )
    return engine.keep(
        lines.select(
            "queue_id",
            "recipient",
            "accepted_at",
            address=lines.original_recipient.coalesce(lines.recipient),
            directory=directory_index(lines.accepted_at, validities),
        )
    )


def _members(engine: Engine, destinations: Destinations, lines: ir.Table) -> ir.Table:
    """Give the accounts of addresses that lead to several, or were led astray, with the directory, kept."""
    directory = engine.tables["directory"]
    listed = directory.filter(directory.via != "bcc").select("address", "account", "directory")
    listed = listed.distinct().mutate(directory=listed.directory.cast("int64"))
    everyone = listed
    named = lines.filter(lines.directory.notnull()).group_by("address", "directory")
    named = engine.keep(named.agg(accepted_at=lines.accepted_at.min()))
    rows = _unlisted(engine, destinations, named.anti_join(listed, ["address", "directory"]))
    columns = {"address": pa.string(), "account": pa.string(), "directory": pa.int64()}
    listed = listed.semi_join(named, ["address", "directory"])
    every = engine.keep(listed.union(engine.given(columns, rows)))
    counted = every.group_by("address", "directory").agg(accounts=every.account.nunique())
    several = counted.filter(counted.accounts > 1).select("address", "directory")
    wanted = several.union(_led_astray(every, lines, everyone), distinct=True)
    return engine.keep(every.semi_join(wanted, ["address", "directory"]))


def _led_astray(every: ir.Table, lines: ir.Table, listed: ir.Table) -> ir.Table:
    """Give addresses of which a line names somebody else: who is meant, too, keeps what came for them."""
    key = ["address", "directory"]
    named = lines.filter(lines.recipient != lines.address).select(*key, "recipient").distinct()
    led = named.inner_join(every, key)
    led = led.filter(led.recipient != led.account)
    known = listed.select("directory", recipient="address", account="account")
    return led.anti_join(known, ["directory", "recipient", "account"]).select(*key).distinct()


def _unlisted(
    engine: Engine, destinations: Destinations, named: ir.Table
) -> Iterator[tuple[str, str, int]]:
    """Resolve addresses that no table lists word by word: of patterns, extensions, other domains."""
    rest = engine.records(named, _Named)
    while some := list(islice(rest, _AT_ONCE)):
        destinations.prefetch((one.address, one.accepted_at) for one in some)
        for one in some:
            for account in destinations.destination(one.address, one.accepted_at).accounts:
                yield one.address, account, one.directory


def _and_next(engine: Engine, queues: ir.Table) -> ir.Table:
    """Add the queue files that these went on as."""
    lines = engine.tables["deliveries"]
    lines = lines.filter(lines.next_queue_id.notnull()).select("queue_id", "next_queue_id")
    for _ in range(_ROUNDS):
        after = lines.semi_join(queues, "queue_id").select(queue_id=lines.next_queue_id)
        new = engine.keep(after.distinct().anti_join(queues, "queue_id"))
        if not engine.count(new):
            break
        queues = engine.keep(queues.union(new))
    return queues
