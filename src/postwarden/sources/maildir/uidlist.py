"""Dovecot's own lists beside the messages: dovecot-uidlist (versions 1 and 3), dovecot-keywords.

Source: Dovecot's MailboxFormat/Maildir documentation and `maildir-uidlist.c`.
"""

from typing import NamedTuple

MAX_BYTES = 256 * 1024 * 1024


class Listed(NamedTuple):
    """What the list says of one file; `guid` None means the base name is the GUID."""

    uid: int
    guid: str | None


def read_uidlist(text: str) -> dict[str, Listed]:
    """Give the entries by base file name; lines that are none are left out.

    Version 3: `UID [G<guid> ...] :FILE`; version 1: `UID FILE`. A later line replaces an earlier
    one.
    """
    header, _, body = text.partition("\n")
    version = header.split(" ", 1)[0]
    if version not in ("1", "3"):
        return {}
    found: dict[str, Listed] = {}
    for line in body.split("\n"):
        number, space, rest = line.partition(" ")
        if not space or not number.isascii() or not number.isdigit() or len(number) > 10:
            continue
        guid = None
        if version == "3":
            extensions, colon, rest = f" {rest}".partition(" :")
            if not colon:
                continue
            if "G" in extensions:
                guid = next((w[1:] for w in extensions.split() if w[0] == "G"), None)
        found[rest.partition(":2,")[0]] = Listed(int(number), guid or None)
    return found


def read_keywords(text: str) -> dict[str, str]:
    """Give the keyword behind each letter: line "0 $Forwarded" names "a"."""
    found: dict[str, str] = {}
    for line in text.split("\n"):
        number, space, name = line.partition(" ")
        if space and name and number.isascii() and number.isdigit() and int(number[:3]) < 26:
            found[chr(ord("a") + int(number[:3]))] = name.strip()
    return found


def flags_and_keywords(letters: str, named: dict[str, str]) -> tuple[str, str]:
    """Split a file name's letters: standard flags in order, and keywords by name, space-separated.

    Letters without a name stay as they are.
    """
    if not letters:
        return "", ""
    flags = "".join(sorted({c for c in letters if "A" <= c <= "Z"}))
    keywords = sorted({named.get(c, c) for c in letters if "a" <= c <= "z"})
    return flags, " ".join(keywords)
