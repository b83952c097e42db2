"""Names in a Maildir: folders (Maildir++, RFC 3501 section 5.1.3) and message files."""

import re
from base64 import b64decode, b64encode

_SHIFTED = re.compile(r"&([A-Za-z0-9+,]*)-")
_FOREIGN = re.compile(r"[^\x20-\x7e]+")
_SIZE = re.compile(r",S=(\d{1,18})(?=[,:]|\Z)", re.ASCII)


CUT = ":2,"
"""Between a message's base name and its flags."""


def stated_size(base: str) -> int | None:
    """Give the size that a base name states (",S="), of the decompressed message."""
    stated = _SIZE.search(base)
    return int(stated[1]) if stated else None


def folder_name(directory: str, separator: str) -> str:
    """Give the IMAP name of a Maildir++ directory such as ".Archive.2026"; "" is INBOX.

    Names not in modified UTF-7 (Dovecot's LISTUTF8) stay as they are.
    """
    if not directory:
        return "INBOX"
    return separator.join(_decoded(level) for level in directory[1:].split("."))


def directory_name(folder: str, separator: str) -> str:
    """Give the Maildir++ directory of a folder by its IMAP name, in modified UTF-7; "" for INBOX."""
    if folder == "INBOX":
        return ""
    return "".join(f".{_encoded(level)}" for level in folder.split(separator))


def _encoded(level: str) -> str:
    return _FOREIGN.sub(_shifted, level.replace("&", "&-"))


def _shifted(match: re.Match[str]) -> str:
    coded = b64encode(match[0].encode("utf-16-be")).decode().rstrip("=")
    return f"&{coded.replace('/', ',')}-"


def _decoded(level: str) -> str:
    if "&" not in level:
        return printable(level)
    return printable(_SHIFTED.sub(_plain, level))


def _plain(match: re.Match[str]) -> str:
    text = match[1]
    if not text:
        return "&"
    try:
        padded = text.replace(",", "/") + "=" * (-len(text) % 4)
        return b64decode(padded, validate=True).decode("utf-16-be")
    except ValueError:
        return match[0]


def printable(name: str) -> str:
    """Give a name from the file system as text that every format can keep."""
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
