"""Messages to send: real ones where a folder of them is given, else small ones of our own."""

import hashlib
import re
from collections.abc import Iterator
from itertools import count, cycle
from pathlib import Path
from typing import NamedTuple

LONGEST_LINE = 900  # longer ones are folded on the way (RFC 5321 section 4.5.3.1.6)
LARGEST = 60_000
_MESSAGE_ID = re.compile(
    rb"(?im)^(message-id|return-path|x-original-to|delivered-to):.*\n([ \t].*\n)*"
)
_BODIES = (
    b"Dear customer,\r\n\r\nyour order has left our house.\r\n",
    b"Gr\xc3\xbc\xc3\x9fe aus K\xc3\xb6ln\r\n.\r\n..two dots\r\n",
    b"x" * 600 + b"\r\n" + b"short\r\n" * 40,
)


class Message(NamedTuple):
    """A message as sent, with CRLF."""

    message_id: str
    data: bytes
    body_sha256: str


def messages(corpus: Path | None) -> Iterator[Message]:
    """Give messages without end, each with a Message-ID of its own."""
    sources = cycle(_real(corpus) if corpus else _BODIES)
    for number, source in zip(count(1), sources, strict=False):
        message_id = f"<real-{number}@sender.example>"
        head, _, body = source.partition(b"\r\n\r\n") if corpus else (_head(number), b"", source)
        data = b"Message-ID: " + message_id.encode() + b"\r\n" + head + b"\r\n\r\n" + body
        yield Message(message_id, data, hashlib.sha256(body).hexdigest())


def _head(number: int) -> bytes:
    return (
        f"From: Shop <shop@sender.example>\r\nTo: undisclosed-recipients:;\r\n"
        f"Subject: order {number}\r\nDate: Sun, 22 Nov 2026 01:00:00 +0100"
    ).encode()


def _real(corpus: Path) -> list[bytes]:
    """Read messages, without mbox line and identifying headers, that no server will rewrite."""
    found = []
    for file in sorted(corpus.rglob("*.txt")):
        if file.stat().st_size > LARGEST:
            continue
        raw = re.sub(rb"\AFrom .*\n", b"", file.read_bytes().replace(b"\r\n", b"\n"))
        head, gap, body = raw.partition(b"\n\n")
        if not gap or b"\0" in raw or not re.match(rb"[A-Za-z-]+:", head):
            continue
        if max(map(len, raw.split(b"\n"))) > LONGEST_LINE or b"\r" in raw:
            continue
        head = _MESSAGE_ID.sub(b"", head + b"\n").rstrip(b"\n")
        text = head + b"\n\n" + body
        found.append((text if text.endswith(b"\n") else text + b"\n").replace(b"\n", b"\r\n"))
        if len(found) == 400:
            break
    return found
