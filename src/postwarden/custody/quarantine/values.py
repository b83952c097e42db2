"""What is kept, and the bytes that an object's name covers (pure)."""

import json
from hashlib import sha256
from hmac import digest
from typing import NamedTuple

from postwarden.vocabulary import Moment

_VERSION = 1


class Kept(NamedTuple):
    """A copy with all that was removed with it.

    Attributes:
        content: canonical bytes of the message.
        internal_date: IMAP INTERNALDATE.
        flags: IMAP system flags, sorted.
        keywords: IMAP keywords, sorted.
        account: whose mailbox it lay in.
        folder: IMAP name.
    """

    content: bytes
    internal_date: Moment
    flags: tuple[str, ...]
    keywords: tuple[str, ...]
    account: str
    folder: str


class Stored(NamedTuple):
    """An object as it lies on the disk.

    Attributes:
        name: hex; says nothing about what the object holds.
        sha256: of the encrypted file, hex.
        size: of the encrypted file, bytes.
    """

    name: str
    sha256: str
    size: int


def packed(kept: Kept) -> bytes:
    """Give the bytes that are encrypted: a line of JSON, then the message; equal copies give equal bytes.

    The line has account, date (microseconds since 1970, UTC), flags, folder, keywords and version (1).
    """
    told = {
        "account": kept.account,
        "date": kept.internal_date,
        "flags": kept.flags,
        "folder": kept.folder,
        "keywords": kept.keywords,
        "version": _VERSION,
    }
    line = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return b"%s\n%s" % (line.encode("ascii"), kept.content)


def unpacked(plain: bytes) -> Kept:
    """Read what `packed` gave.

    Raises:
        ValueError: these bytes are not of this version.
    """
    line, _, content = plain.partition(b"\n")
    told = json.loads(line)
    if told["version"] != _VERSION:
        raise ValueError(f"version {told['version']} of an object is not known")
    return Kept(
        content=content,
        internal_date=told["date"],
        flags=tuple(told["flags"]),
        keywords=tuple(told["keywords"]),
        account=told["account"],
        folder=told["folder"],
    )


def name_of(plain: bytes, naming: bytes) -> str:
    """Give an object's name: HMAC-SHA256 (RFC 2104) of what it holds, under the case's naming key.

    It covers what was removed with the message, too: the same message out of two mailboxes is two
    objects, each with its own account and flags.
    """
    return digest(naming, plain, sha256).hex()
