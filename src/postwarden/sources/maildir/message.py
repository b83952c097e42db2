"""One opened message file to the facts evidence keeps."""

import os
from collections.abc import Set
from typing import NamedTuple

from postwarden.sources.headers.canonical import BodyHasher, BodyHashes
from postwarden.sources.headers.facts import FIRST_READ, HeaderFacts, header_facts
from postwarden.sources.headers.fields import MAX_BYTES, as_lf
from postwarden.sources.maildir.names import stated_size
from postwarden.sources.maildir.streams import (
    CRYPTED,
    MAX_MESSAGE,
    Reader,
    StreamError,
    is_compressed,
    plain_reader,
)

_MAGIC = b"\x1fB\x28DC"
_BLOCK = 262_144


class Message(NamedTuple):
    """What one file holds; `facts` is None where nothing could be read, and `problem` says why."""

    facts: HeaderFacts | None
    size: int
    hashes: BodyHashes | None
    state: str
    problem: str | None


def read_message(
    descriptor: int, stored: int, base: str, hosts: Set[str], *, hashing: bool
) -> Message:
    """Read an opened file.

    Args:
        descriptor: at the file's start.
        stored: the file's size.
        base: the file's base name, which may state the size of the decompressed message.
        hosts: the provider's own hosts.
        hashing: hash the body, too.
    """
    start = os.read(descriptor, FIRST_READ)
    if start[:1] in _MAGIC and start:
        if start.startswith(CRYPTED):
            return Message(None, stated_size(base) or stored, None, "encrypted", None)
        if is_compressed(start):
            stated = stated_size(base)
            return _read_compressed(descriptor, start, stored, stated, hosts, hashing=hashing)
    if not hashing:
        facts = header_facts(start, hosts, whole=len(start) >= stored, declared=False)
        if facts is not None:
            return Message(facts, stored, None, facts.state, None)
    reader = plain_reader(descriptor, start)
    facts, hashes, _ = _read(reader, hosts, hashing=hashing, counting=False)
    return Message(facts, stored, hashes, facts.state, None)


def _read_compressed(
    descriptor: int,
    start: bytes,
    stored: int,
    stated: int | None,
    hosts: Set[str],
    *,
    hashing: bool,
) -> Message:
    try:
        reader = plain_reader(descriptor, start)
        facts, hashes, size = _read(reader, hosts, hashing=hashing, counting=stated is None)
    except StreamError as error:
        return Message(None, stated or stored, None, "unreadable", str(error))
    return Message(facts, stated or size, hashes, facts.state, None)


def _read(
    reader: Reader, hosts: Set[str], *, hashing: bool, counting: bool
) -> tuple[HeaderFacts, BodyHashes | None, int]:
    """Read header and, where asked, body; the size counted is that of all that was read."""
    data = bytearray()
    facts = None
    wanted = FIRST_READ
    while facts is None:
        piece = reader(wanted - len(data))
        data += piece
        if piece and len(data) < wanted:
            continue
        facts = header_facts(bytes(data), hosts, whole=not piece, declared=hashing)
        wanted = min(wanted * 4, MAX_BYTES)
    size = len(data)
    if not (hashing or counting):
        return facts, None, size
    hasher = BodyHasher() if hashing and facts.state != "oversized-header" else None
    if hasher is not None:
        hasher.add(_body(bytes(data), facts.header_size))
    while size < MAX_MESSAGE and (piece := reader(_BLOCK)):
        size += len(piece)
        if hasher is not None:
            hasher.add(piece)
    if hasher is None or size >= MAX_MESSAGE:
        return facts, None, size
    return facts, hasher.finish(), size


def _body(data: bytes, start: int) -> bytes:
    """Give what follows the header; a carriage return at the end may belong to the next piece."""
    return as_lf(data)[start:]
