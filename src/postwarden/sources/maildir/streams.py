"""Message bytes as Dovecot meant them: plain, or compressed by its zlib plugin; capped."""

import bz2
import io
import os
import zlib
from typing import IO, Protocol, cast

import zstandard

CRYPTED = b"CRYPTED\x03\x07"
MAX_MESSAGE = 1 << 30
_CHUNK = 65_536


class Reader(Protocol):
    """Gives the next bytes of a message."""

    def __call__(self, most: int, /) -> bytes:
        """Give the next bytes, at most so many; none at the end."""


class StreamError(Exception):
    """The bytes are not what their first bytes promised."""


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


def is_compressed(start: bytes) -> bool:
    """Tell by the first bytes whether this is a compressed message.

    gzip (RFC 1952), bzip2, Zstandard (RFC 8878), and LZ4 in Dovecot's own frame ("Dovecot-LZ4").
    """
    return start.startswith((b"\x1f\x8b\x08", b"BZh", b"\x28\xb5\x2f\xfd", b"Dovecot-LZ4"))


def plain_reader(descriptor: int, start: bytes) -> Reader:
    """Give a reader of a message's own bytes.

    Args:
        descriptor: of the file, read up to the end of `start`.
        start: its first bytes.

    Raises:
        StreamError: compressed in a way not read here (LZ4), now or while reading.
    """
    if start.startswith(b"Dovecot-LZ4"):
        raise StreamError("LZ4 is not read")
    raw = _joined(descriptor, start)
    if start.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstandard(raw)
    if start.startswith(b"BZh"):
        return _inflated(raw, bz2.BZ2Decompressor())
    if start.startswith(b"\x1f\x8b\x08"):
        return _inflated(raw, _Gzip())
    return raw


def _joined(descriptor: int, start: bytes) -> Reader:
    held = io.BytesIO(start)
    return lambda most: held.read(most) or os.read(descriptor, most)


class _Gzip:
    def __init__(self) -> None:
        self._inflater = zlib.decompressobj(wbits=31)
        self._waiting = b""
        self.eof = False

    @property
    def needs_input(self) -> bool:
        return not self._waiting and not self.eof

    def decompress(self, data: bytes, max_length: int) -> bytes:
        plain = self._inflater.decompress(self._waiting + data, max_length)
        self._waiting = self._inflater.unconsumed_tail
        self.eof = self._inflater.eof
        return plain


def _inflated(raw: Reader, inflater: "_Gzip | bz2.BZ2Decompressor") -> Reader:
    def read(most: int) -> bytes:
        while not inflater.eof:
            data = raw(_CHUNK) if inflater.needs_input else b""
            if inflater.needs_input and not data:
                raise StreamError("the compressed message ends too early")
            try:
                plain = inflater.decompress(data, most)
            except (zlib.error, OSError, ValueError) as error:
                raise StreamError(f"the compressed message is damaged: {error}") from error
            if plain:
                return plain
        return b""

    return read


class _Source:
    def __init__(self, raw: Reader) -> None:
        self._raw = raw

    def read(self, most: int = -1, /) -> bytes:
        return self._raw(most if most > 0 else _CHUNK)


def _zstandard(raw: Reader) -> Reader:
    stream = zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(
        cast("IO[bytes]", _Source(raw))  # only read() is called
    )

    def read(most: int) -> bytes:
        try:
            return bytes(stream.read(most))
        except zstandard.ZstdError as error:
            raise StreamError(f"the compressed message is damaged: {error}") from error

    return read
