"""The trust boundary: which trace lines this provider's own hosts wrote (the two-proof rule).

Going down from the top, a Received line counts when an own host wrote it and the line above came
from own hands: its client was an own host by verified name, or a loopback address, or the
hand-over was LMTP (always from an own mail server), or there was no client (pickup, local
forwarding). A login ends the trace: a customer submitted the message. HELO names and everything
below are the sender's words.
"""

from collections.abc import Set
from functools import lru_cache
from typing import NamedTuple

from postwarden.sources.headers.dates import moment_of_date
from postwarden.sources.headers.fields import field_pattern, text_of
from postwarden.sources.headers.received import Received, read_received
from postwarden.vocabulary import Moment, normal

_LINE = field_pattern(
    (
        "received",
        "delivered-to",
        "x-original-to",
        "return-path",
        "x-sieve-redirected-from",
        "x-sieve",
    )
)


class Trace(NamedTuple):
    """What own hosts wrote; `CopyRecord` says what each field means."""

    trace: str
    hops: int
    lmtp_id: str | None
    queue_id: str | None
    queue_host: str | None
    received_at: Moment | None
    received_for: str | None
    delivered_to: str | None
    x_original_to: str | None
    redirected_from: str | None


NO_TRACE = Trace("", 0, None, None, None, None, None, None, None, None)


def own_trace(header: str, hosts: Set[str]) -> tuple[Trace, int]:
    """Give the trace of a header and where it ends in it, 0 without a trace.

    Args:
        header: framed by `fields.header_block`, made of `fields.characters`.
        hosts: own hosts, lower case; without any there is no trace.
    """
    if not hosts:
        return NO_TRACE, 0
    ascii_only = header.isascii()
    lines: list[str] = []
    first: dict[str, str] = {}
    told: dict[str, str] = {}
    hops: list[Received] = []
    kept = end = 0
    for match in _LINE.finditer(header):
        line = match[0].replace("\n", "")
        if not ascii_only:
            line = text_of(line)
        name, _, value = line.partition(":")
        if name != "Received" and (name := name.lower()) != "received":
            lines.append(line)
            first.setdefault(name, value)
            continue
        hop = read_received(value)
        if hop is None or not _is_own(hop, hosts, first=not hops):
            break
        hops.append(hop)
        lines.append(line)
        if len(lines) > kept + 1:
            told = first.copy()
        kept, end = len(lines), match.end()
        if not _from_own_hands(hop, hosts):
            break
    return (_summary(lines[:kept], told, hops), end) if hops else (NO_TRACE, 0)


def _is_own(hop: Received, hosts: Set[str], *, first: bool) -> bool:
    """An own host wrote it; content filters on own hosts call themselves "localhost"."""
    return hop.by in hosts or (hop.by == "localhost" and not first)


def _from_own_hands(hop: Received, hosts: Set[str]) -> bool:
    if hop.authenticated:
        return False
    if not hop.has_client or hop.agent:
        return True
    ip = hop.client_ip
    return hop.client_name in hosts or (ip is not None and (ip.startswith("127.") or ip == "::1"))


def _summary(lines: list[str], told: dict[str, str], hops: list[Received]) -> Trace:
    lmtp = queue = host = None
    for hop in hops:
        if hop.agent:
            lmtp = lmtp or hop.identity
        elif queue is None and hop.identity and hop.software == "Postfix":
            queue, host = hop.identity, hop.by
    boundary = hops[-1]
    return Trace(
        "\n".join(lines),
        len(hops),
        lmtp,
        queue,
        host,
        moment_of_date(boundary.date),
        _address(boundary.recipient),
        _address(told.get("delivered-to")),
        _address(told.get("x-original-to")),
        _address(told.get("x-sieve-redirected-from")),
    )


@lru_cache(maxsize=65_536)
def _address(value: str | None) -> str | None:
    text = value.strip(" \t\r") if value else ""
    return normal(text) if text else None
