"""Finding the header block and its first value of each field (RFC 5322 section 2.2)."""

import re
from typing import NamedTuple

MAX_BYTES = 262_144
MAX_LINES = 4_000

_NAMES = ("message-id", "date", "from", "return-path", "to", "cc", "bcc", "list-id")
_SIGNATURE = "dkim-signature"
_SIGNATURE_PLACE = len(_NAMES)
_MAX_SIGNATURES = 16


class Fields(NamedTuple):
    """First values as written, outer white space removed; None where the field is missing."""

    message_id: str | None
    date: str | None
    from_: str | None
    return_path: str | None
    to: str | None
    cc: str | None
    bcc: str | None
    list_id: str | None


def field_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Compile an expression for fields of these names in any case; groups: name and raw value.

    Explicit classes behind a look at the first letter, because a case-insensitive alternation is
    several times slower in `re`.
    """
    first = "".join({name[0].upper() + name[0] for name in names})
    spelled = (
        "".join(f"[{c.upper()}{c}]" if c.isalpha() else re.escape(c) for c in name)
        for name in names
    )
    return re.compile(f"\\n(?=[{first}])({'|'.join(spelled)}):([^\\n]*+(?:\\n[ \\t][^\\n]*+)*+)")


_FIELD = field_pattern(_NAMES)
_FIELD_OR_SIGNATURE = field_pattern((*_NAMES, _SIGNATURE))
# A line that is neither field nor continuation ends the block, as in email.feedparser.headerRE.
_END = re.compile(rb"\n(?![ \t]|[!-9;-~]*+:|From )")
_PLACES = {
    spelled: place
    for place, name in enumerate((*_NAMES, _SIGNATURE))
    for spelled in (name, name.title(), name.upper(), "Message-ID", "List-ID", "DKIM-Signature")
    if spelled.lower() == name
}


def header_block(start: bytes, *, whole: bool) -> bytes | None:
    """Give the header block of `start`, with a line feed set before it and none after it.

    Args:
        start: the first bytes of a message whose lines end with LF (see `as_lf`).
        whole: there are no more.

    Returns:
        The block without its blank line; None when `start` does not show where it ends.
    """
    framed = b"\n" + start
    end = _END.search(framed)
    if end is None:
        return framed if whole else None
    place = end.start()
    if not whole and framed[place + 1 : place + 2] != b"\n" and framed.find(b"\n", place + 1) < 0:
        return None  # the line may be a field whose name was cut
    return framed[:place]


def as_lf(data: bytes) -> bytes:
    """Give the bytes with CR LF as LF; other carriage returns stay."""
    return data.replace(b"\r\n", b"\n") if b"\r" in data else data


def characters(block: bytes) -> str:
    """Give a block with one character for each byte, so that places in both agree.

    `text_of` turns what is taken from it into text.
    """
    return block.decode("latin-1")


def text_of(value: str) -> str:
    """Give a raw value of `characters` as text: bytes that are not UTF-8 become U+FFFD."""
    return value if value.isascii() else value.encode("latin-1").decode("utf-8", "replace")


def fields_of(header: str, *, signatures: bool = True) -> tuple[Fields, list[bytes]]:
    """Give the first value of each field evidence keeps, and the raw DKIM signatures.

    `header` is framed by `header_block` and made of `characters`; of signatures only the first few
    are given, where asked.
    """
    values: list[str | None] = [None] * _SIGNATURE_PLACE
    signed: list[bytes] = []
    for name, value in (_FIELD_OR_SIGNATURE if signatures else _FIELD).findall(header):
        place = _PLACES.get(name)
        if place is None:
            place = _PLACES[name.lower()]
        if place == _SIGNATURE_PLACE:
            if len(signed) < _MAX_SIGNATURES:
                signed.append(value.encode("latin-1"))
        elif values[place] is None:
            values[place] = value.replace("\n", "").strip(" \t\r")
    if not header.isascii():
        values = [value and text_of(value) for value in values]
    return Fields._make(values), signed
