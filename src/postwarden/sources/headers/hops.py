"""A stored trace, read back as hops (the inverse of what `trace.own_trace` keeps)."""

from typing import NamedTuple

from postwarden.sources.headers.dates import moment_of_date
from postwarden.sources.headers.received import read_received
from postwarden.vocabulary import Moment, normal


class Hop(NamedTuple):
    """One own Received line with the lines that stand directly above it.

    Attributes:
        agent: it was written by a delivery agent (LMTP), not by a queue.
        by: the host.
        queue_id: of a queue's line.
        session_id: of an agent's line, as stored.
        recipient: its "for <address>"; None with several recipients.
        date: when it was written.
        delivered_to: the topmost Delivered-To above it.
        x_original_to: the topmost X-Original-To above it.
        redirected_from: the topmost X-Sieve-Redirected-From above it.
    """

    agent: bool
    by: str
    queue_id: str | None
    session_id: str | None
    recipient: str | None
    date: Moment | None
    delivered_to: str | None
    x_original_to: str | None
    redirected_from: str | None


def parse_trace(trace: str) -> list[Hop]:
    """Read `CopyRecord.trace`; give its hops, newest first."""
    hops: list[Hop] = []
    above: dict[str, str] = {}
    for line in trace.split("\n"):
        name, _, value = line.partition(":")
        if name.lower() != "received":
            above.setdefault(name.lower(), normal(value))
            continue
        received = read_received(value)
        if received is None:
            continue
        agent = received.agent
        hops.append(
            Hop(
                agent=agent,
                by=received.by,
                queue_id=None if agent else received.identity,
                session_id=received.identity if agent else None,
                recipient=normal(received.recipient) if received.recipient else None,
                date=moment_of_date(received.date),
                delivered_to=above.get("delivered-to"),
                x_original_to=above.get("x-original-to"),
                redirected_from=above.get("x-sieve-redirected-from"),
            )
        )
        above = {}
    return hops
