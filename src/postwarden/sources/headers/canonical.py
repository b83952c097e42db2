"""Body hashes over the canonical forms of RFC 6376 sections 3.4.3 and 3.4.4."""

import hashlib
import re
from base64 import b64encode
from typing import NamedTuple, Protocol

_RUNS = re.compile(rb"[ \t]{2,}|\t")
_BLOCK = 65_536


class BodyHashes(NamedTuple):
    """SHA-256 in base64 over the simple and the relaxed form; bytes with CR LF line ends."""

    simple: str
    relaxed: str
    size: int


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


class BodyHasher:
    """Takes a body in pieces of any size, with LF or CR LF lines, in constant memory."""

    def __init__(self) -> None:
        self._simple = _Lines(hashlib.sha256(), b"\r\n")
        self._relaxed = _Lines(hashlib.sha256(), b"")
        self._return = b""
        self._blank = b""
        self._size = 0

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the body."""
        piece = self._return + piece
        self._return = b"\r" if piece.endswith(b"\r") else b""
        if self._return:
            piece = piece[:-1]
        self._add_lines(piece.replace(b"\r\n", b"\n"))

    def _add_lines(self, piece: bytes) -> None:
        self._simple.add(piece)
        self._size += len(piece) + piece.count(b"\n")
        relaxed = _RUNS.sub(b" ", self._blank + piece)
        self._blank = b" " if relaxed.endswith(b" ") else b""
        if self._blank:
            relaxed = relaxed[:-1]
        self._relaxed.add(relaxed.replace(b" \n", b"\n"))

    def finish(self) -> BodyHashes:
        """Give the hashes; nothing may be added afterwards."""
        if self._return:
            self._add_lines(self._return)
        return BodyHashes(self._simple.finish(), self._relaxed.finish(), self._size)


class _Lines:
    """Hashes LF lines as CR LF, empty lines at the end left out."""

    def __init__(self, into: _Hash, when_empty: bytes) -> None:
        self._into = into
        self._when_empty = when_empty
        self._held = 0
        self._any = False

    def add(self, piece: bytes) -> None:
        text = piece.rstrip(b"\n")
        if text:
            while self._held:
                count = min(self._held, _BLOCK)
                self._into.update(b"\r\n" * count)
                self._held -= count
            self._into.update(text.replace(b"\n", b"\r\n"))
            self._any = True
        self._held += len(piece) - len(text)

    def finish(self) -> str:
        self._into.update(b"\r\n" if self._any else self._when_empty)
        return b64encode(self._into.digest()).decode()
