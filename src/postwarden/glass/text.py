"""A message as text, and nothing but text (pure): no HTML, no links, nothing fetched from anywhere.

Whatever acts instead of being seen (control characters, bidirectional overrides, invisible ones) is
written out. Attachments are named by kind and size, and not shown.
"""

import re
import unicodedata
from collections.abc import Iterator
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from html import unescape
from typing import NamedTuple

MOST = 100_000
"""Characters that are shown."""
_PARTS = 200
_NAMES = ("From", "To", "Cc", "Date", "Subject")
_HEADER = 1_000
_HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote"})
_TAG = re.compile(r"</?([a-z][a-z0-9]*)", re.ASCII | re.IGNORECASE)
_READ = 2_000_000
"""Bytes of a message that are read."""
_WORK = 2_000_000
"""Lines times boundaries: the parser holds each line against each boundary that is open."""
_FIELD = 4_000
"""Bytes of a field with parameters: the parser's time goes with their square."""
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_LINE = re.compile(rb"[\r\n]")
_PARAMETERS = re.compile(
    rb"(?:\A|(?<=[\r\n]))content-(?:type|disposition)[ \t]*:[^\r\n]*(?:[\r\n]+[ \t][^\r\n]*)*",
    re.IGNORECASE,
)
_ACTING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class LeftOut(NamedTuple):
    """A part that is not shown: its kind, such as "image/png", and its bytes as they were sent."""

    kind: str
    size: int


class Shown(NamedTuple):
    """A message as it is shown.

    Attributes:
        headers: name and value, of those that say from whom, to whom, when and what about.
        text: of its parts of text.
        left_out: the others.
        cut: there was more text than is shown.
    """

    headers: tuple[tuple[str, str], ...]
    text: str
    left_out: tuple[LeftOut, ...]
    cut: bool


def shown(content: bytes) -> Shown:
    """Give a message as text, whatever it is; never raises.

    What would keep the parser busy for long, or is none, is shown as it was sent.
    """
    start = content[:_READ]
    try:
        told = None if _is_laborious(start) else _parsed(start)
    except (MessageError, ValueError, LookupError, RecursionError):
        told = None
    if told is None:
        return Shown((), seen(content[:MOST].decode("utf-8", "replace")), (), len(content) > MOST)
    return told._replace(cut=told.cut or len(content) > _READ)


def _is_laborious(content: bytes) -> bool:
    boundaries = sum(1 for _ in _BOUNDARY.finditer(content))
    lines = sum(1 for _ in _LINE.finditer(content))
    longest = max((len(one[0]) for one in _PARAMETERS.finditer(content)), default=0)
    return boundaries * lines > _WORK or longest > _FIELD


def _parsed(content: bytes) -> Shown:
    message = message_from_bytes(content)
    texts: list[str] = []
    left_out: list[LeftOut] = []
    for part in _parts(message):
        text = _text(part)
        if text is None:
            left_out.append(LeftOut(seen(part.get_content_type()), len(str(part.get_payload()))))
        else:
            texts.append(text)
    whole = "\n\n".join(texts)
    headers = tuple((name, _header(message, name)) for name in _NAMES if name in message)
    return Shown(headers, seen(whole[:MOST]), tuple(left_out), len(whole) > MOST)


def seen(text: str) -> str:
    """Give text in which whatever acts is written out; line ends and tabs stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        f"\\u{ord(one):04x}" if unicodedata.category(one) in _ACTING and one not in "\n\t" else one
        for one in lines
    )


def _parts(message: Message) -> Iterator[Message]:
    """Give the parts that are no containers; of alternatives the plainest, if it is text."""
    waiting, given = [message], 0
    while waiting and given < _PARTS:
        part = waiting.pop(0)
        given += 1
        inner = part.get_payload()
        if not part.is_multipart() or not isinstance(inner, list):
            yield part
            continue
        below = [one for one in inner if isinstance(one, Message)]
        if part.get_content_type() == "multipart/alternative":
            plain = [one for one in below if one.get_content_type() == "text/plain"]
            below = plain[:1] or below
        waiting[:0] = below


def _text(part: Message) -> str | None:
    """Give the text of a part; None where it is no text, or an attachment."""
    kind = part.get_content_type()
    attached = part.get_content_disposition() == "attachment"
    if attached or kind not in ("text/plain", "text/html"):
        return None
    raw = part.get_payload(decode=True)
    content = raw if isinstance(raw, bytes) else b""
    try:
        text = content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = content.decode("latin-1")
    return _words(text[:MOST]) if kind == "text/html" else text


def _words(text: str) -> str:
    """Give the words of HTML, and where its lines end; nothing else of it.

    A scan by hand: `html.parser` takes a minute for 100,000 characters that are meant to be slow.
    """
    words, at = list[str](), 0
    while (start := text.find("<", at)) >= 0:
        words.append(_plain(text[at:start]))
        tag = _TAG.match(text, start)
        if tag is None:
            ends = "-->" if text.startswith("<!--", start) else ""
            at = _after(text, ends, start) if ends else start + 1
            words.append("" if ends else "<")
            continue
        name = tag[1].lower()
        hidden = name in _HIDDEN and text[start + 1] != "/"
        at = _after(text, ">", _after(text, f"</{name}", start) if hidden else start)
        words.append("\n" if name in _BLOCKS else "")
    words.append(_plain(text[at:]))
    lines = (" ".join(line.split()) for line in "".join(words).split("\n"))
    return "\n".join(line for line in lines if line)


def _after(text: str, end: str, start: int) -> int:
    """Give the place after the next `end`, in any case; that of the end of all without one."""
    found = re.compile(re.escape(end), re.ASCII | re.IGNORECASE).search(text, start)
    return len(text) if found is None else found.end()


def _plain(text: str) -> str:
    return unescape(text.replace("\n", " "))


def _header(message: Message, name: str) -> str:
    raw = str(message[name])[:_HEADER]
    try:
        told = str(make_header(decode_header(raw)))
    except (MessageError, ValueError, LookupError):
        told = raw
    return seen(" ".join(told.split()))
