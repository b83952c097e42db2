"""One stored message, whole: for those who put it elsewhere."""

import os
import stat
from collections.abc import Set
from typing import NamedTuple

from postwarden.durable.service import open_unnoticed
from postwarden.sources.headers.facts import header_facts
from postwarden.sources.maildir.names import CUT
from postwarden.sources.maildir.streams import CRYPTED, MAX_MESSAGE, StreamError, plain_reader
from postwarden.sources.maildir.uidlist import flags_and_keywords, read_keywords

_START = 8_192
_BLOCK = 1 << 20


class WholeMessage(NamedTuple):
    """A message file.

    Attributes:
        content: decompressed bytes as stored; None where they cannot be read (encrypted, damaged).
        modified: its mtime, which is IMAP's INTERNALDATE; microseconds since the epoch, UTC.
        letters: its flags, as the file name has them.
    """

    content: bytes | None
    modified: int
    letters: str


def read_whole(path: str, directory: int | None = None) -> WholeMessage:
    """Read a message file, through Dovecot's compression.

    Args:
        path: of the file.
        directory: descriptor of the folder that the path begins in.

    Raises:
        OSError: it is not there, is no file, or cannot be read.
    """
    descriptor = open_unnoticed(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, directory)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(path)
        content = _content(descriptor)
    finally:
        os.close(descriptor)
    letters = os.path.basename(path).partition(CUT)[2]
    return WholeMessage(content, status.st_mtime_ns // 1_000, letters)


def _content(descriptor: int) -> bytes | None:
    start = os.read(descriptor, _START)
    if start.startswith(CRYPTED):
        return None
    found = bytearray()
    try:
        reader = plain_reader(descriptor, start)
        while piece := reader(_BLOCK):
            found += piece
            if len(found) > MAX_MESSAGE:
                return None
    except StreamError:
        return None
    return bytes(found)


def header_hash(content: bytes, hosts: Set[str]) -> str:
    """Give the hash of a message's header as evidence has it (`CopyRecord.header_hash`).

    Args:
        content: the message, LF or CR LF line ends.
        hosts: the provider's own hosts, lower case.
    """
    start = content[:_START]  # of most messages the header is in it
    facts = header_facts(start, hosts, whole=len(start) == len(content), declared=False)
    facts = facts or header_facts(content, hosts, whole=True, declared=False)
    return "" if facts is None else facts.header_hash


def named_flags(letters: str, keywords_file: str) -> tuple[str, tuple[str, ...]]:
    """Split a file name's letters into standard flags and keywords.

    Args:
        letters: of the file name, behind ":2,".
        keywords_file: text of the folder's dovecot-keywords.
    """
    flags, keywords = flags_and_keywords(letters, read_keywords(keywords_file))
    return flags, tuple(sorted(keywords.split()))
