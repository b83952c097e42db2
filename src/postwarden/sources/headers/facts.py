"""All that evidence keeps of one message's header."""

import re
from collections.abc import Set
from hashlib import sha256
from typing import NamedTuple

from postwarden.sources.headers.declared import declared_hashes
from postwarden.sources.headers.fields import (
    MAX_BYTES,
    MAX_LINES,
    Fields,
    as_lf,
    characters,
    fields_of,
    header_block,
)
from postwarden.sources.headers.trace import Trace, own_trace

FIRST_READ = 8_192
_HASH_DIGITS = 32
_JUNK = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")


class HeaderFacts(NamedTuple):
    """Facts of one header; `CopyRecord` says what each means.

    `header_size` is also where the body begins in the bytes given, after CR LF became LF.
    """

    fields: Fields
    trace: Trace
    header_size: int
    header_hash: str
    declared_hashes: str
    state: str


def header_facts(
    start: bytes, hosts: Set[str], *, whole: bool, declared: bool = True
) -> HeaderFacts | None:
    """Read the facts from the first bytes of a message.

    Args:
        start: the first bytes as stored; of more than `MAX_BYTES` the rest is not looked at.
        hosts: the provider's own hosts, lower case.
        whole: `start` is all there is.
        declared: read the body hashes that signers declared; they tell nothing without the body's.

    Returns:
        The facts; None when the header goes on behind `start` and may still be within the cap.
    """
    state = "read"
    capped = len(start) >= MAX_BYTES
    lines = as_lf(start[:MAX_BYTES] if capped else start)
    block = header_block(lines, whole=whole and not capped)
    if block is None:
        if not capped:
            return None
        state = "oversized-header"
        block = b"\n" + lines
    elif len(block) > 2 * MAX_LINES and block.count(b"\n") > MAX_LINES:
        state = "oversized-header"
        block = b"\n".join(block.split(b"\n", MAX_LINES + 1)[: MAX_LINES + 1])
    elif not block and _JUNK.search(lines[:FIRST_READ].partition(b"\n")[0]):
        state = "binary"
    return _facts(block, lines, hosts, state, declared=declared)


def _facts(
    block: bytes, lines: bytes, hosts: Set[str], state: str, *, declared: bool
) -> HeaderFacts:
    header = characters(block)
    trace, end = own_trace(header, hosts)
    fields, signatures = fields_of(header, signatures=declared)
    size = min(len(block), len(lines))
    if lines[size : size + 1] == b"\n":
        size += 1
    return HeaderFacts(
        fields,
        trace,
        size,
        sha256(block[end:]).hexdigest()[:_HASH_DIGITS],
        declared_hashes(signatures) if signatures else "",
        state,
    )
