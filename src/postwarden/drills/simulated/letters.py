"""Messages as their senders sent them: generated, or taken from a folder of real ones."""

import base64
import hashlib
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import format_datetime
from pathlib import Path

from postwarden.drills.simulated.clock import local

_MESSAGE_ID = re.compile(
    rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?([^\r\n]*)", re.IGNORECASE | re.MULTILINE
)
_WORDS = [
    "the",
    "order",
    "invoice",
    "appointment",
    "school",
    "garden",
    "boat",
    "ticket",
    "report",
    "meeting",
    "train",
    "house",
    "key",
    "choir",
    "recipe",
    "photo",
    "parcel",
    "contract",
    "weekend",
    "doctor",
    "museum",
    "bicycle",
    "lesson",
    "insurance",
    "kitchen",
    "window",
]


@dataclass(frozen=True, eq=False)
class Letter:
    """One message before any of the provider's servers touched it.

    Attributes:
        header: header lines, LF line ends, without the blank line.
        body: LF line ends.
        message_id: with angle brackets, None when it has none.
        from_: the value of From, as Dovecot's mail_log prints it.
    """

    header: bytes
    body: bytes
    message_id: str | None
    from_: str

    @property
    def raw(self) -> bytes:
        """The whole message."""
        return self.header + b"\n" + self.body


class Writer:
    """Writes letters, the same for the same seed."""

    def __init__(self, dice: random.Random, corpus: Path | None) -> None:
        self._dice = dice
        self._count = 0
        self._real = _real_letters(corpus, dice) if corpus is not None else None

    def write(
        self,
        sender: str,
        to: str,
        at: int,
        *,
        extra: str = "",
        signed: bool = False,
        message_id: str | None = "",
        body: bytes | None = None,
    ) -> Letter:
        """Compose a letter.

        Args:
            sender: address in From.
            to: value of To.
            at: when it is written.
            extra: further header lines, each with its line end.
            signed: add a DKIM-Signature whose bh= is true (RFC 6376); its b= is not.
            message_id: "" makes one up, None leaves it out.
            body: when not given, made up.
        """
        self._count += 1
        if message_id == "":
            message_id = (
                f"<{self._dice.getrandbits(48):012x}.{self._count}@{sender.partition('@')[2]}>"
            )
        body = self._body() if body is None else body
        name = sender.partition("@")[0].replace(".", " ").title()
        header = (
            f"From: {name} <{sender}>\nTo: {to}\nSubject: {self._sentence(4)}\n"
            + (f"Message-ID: {message_id}\n" if message_id else "")
            + f"Date: {format_datetime(local(at).replace(microsecond=0))}\nMIME-Version: 1.0\n"
            + "Content-Type: text/plain; charset=utf-8\n"
            + extra
        ).encode()
        if signed:
            header = _signature(sender.partition("@")[2], body, self._dice) + header
        return Letter(header, body, message_id, f"{name} <{sender}>")

    def any(self, sender: str, to: str, at: int, *, signed: bool = False) -> Letter:
        """Give the next real letter of the corpus, else compose one."""
        if self._real is not None:
            self._count += 1
            return next(self._real)
        return self.write(sender, to, at, signed=signed)

    def _sentence(self, words: int) -> str:
        return " ".join(self._dice.choices(_WORDS, k=words)).capitalize()

    def _body(self) -> bytes:
        lines = [
            self._sentence(self._dice.randint(5, 12)) + "."
            for _ in range(self._dice.randint(3, 20))
        ]
        return ("\n".join(lines) + f"\nno. {self._dice.getrandbits(32):08x}\n").encode()


def replaced(letter: Letter, *, header: bytes | None = None, body: bytes | None = None) -> Letter:
    """Give a letter with another header or body."""
    return Letter(
        letter.header if header is None else header,
        letter.body if body is None else body,
        letter.message_id,
        letter.from_,
    )


def body_hash(body: bytes, *, relaxed: bool) -> str:
    """Give the DKIM body hash, sha256 in base64 (RFC 6376 section 3.4)."""
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    if relaxed:
        lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    text = b"".join(line + b"\r\n" for line in lines) or (b"" if relaxed else b"\r\n")
    return base64.b64encode(hashlib.sha256(text).digest()).decode()


def _signature(domain: str, body: bytes, dice: random.Random) -> bytes:
    relaxed = dice.random() < 0.8
    algorithm = "relaxed/relaxed" if relaxed else "simple/simple"
    proof = base64.b64encode(dice.randbytes(96)).decode()
    return (
        f"DKIM-Signature: v=1; a=rsa-sha256; c={algorithm}; d={domain}; s=s1;\n"
        f"\th=from:to:subject:date; bh={body_hash(body, relaxed=relaxed)};\n\tb={proof}\n"
    ).encode()


def _real_letters(folder: Path, dice: random.Random) -> Iterator[Letter]:
    names = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix in ("", ".eml", ".txt")
    )
    dice.shuffle(names)
    while True:
        for name in names:
            letter = parsed(name.read_bytes())
            if letter is not None:
                yield letter


def parsed(raw: bytes) -> Letter | None:
    """Cut a stored message into a letter; None when it has no header."""
    raw = raw.replace(b"\r\n", b"\n")
    if raw.startswith(b"From "):
        raw = raw.partition(b"\n")[2]
    header, gap, body = raw.partition(b"\n\n")
    if not gap or b":" not in header.partition(b"\n")[0]:
        return None
    found = _MESSAGE_ID.search(header + b"\n")
    message_id = found.group(1).strip().decode("latin-1") if found else None
    from_ = re.search(rb"^from:[ \t]*([^\n]*)", header, re.IGNORECASE | re.MULTILINE)
    shown = from_.group(1).strip().decode("latin-1") if from_ else ""
    return Letter(header + b"\n", body, message_id or None, shown)
