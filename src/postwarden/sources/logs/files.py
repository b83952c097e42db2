"""Log files: found by a glob, put into the order of writing, read as blocks of lines."""

import bz2
import gzip
import io
import lzma
import os
import re
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import zstandard

from postwarden.durable.service import matching, open_unnoticed

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_LINE = 65_536
_BLOCK = 1 << 20
_PIECE = 2_048  # of Zstandard: a block of 128 KiB may be written in four bytes (RFC 8878 section 3.1.1.2)
_COMPRESSED = re.compile(r"\.(?:gz|xz|zst|bz2)\Z")
_ROTATED = re.compile(r"[.\-](?:(?P<date>\d{8}(?:[-T_]?\d{2,6})?)|(?P<number>\d{1,4}))\Z")
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


class LogFile(NamedTuple):
    """One file of a rotation.

    Attributes:
        path: as the file system has it.
        stem: the name all files of one rotation share.
        date: digits of a dated rotation ("20261120"), or "".
        number: of a numbered rotation; 0 for the file being written.
    """

    path: str
    stem: str
    date: str
    number: int


class Damage(NamedTuple):
    """Why a file could not be read to its end."""

    code: str
    detail: str


def rotations(pattern: str) -> list[list[LogFile]]:
    """Give the files that match a glob, one list for each rotation, oldest first within it.

    Where the same rotation is there plain and compressed (an interrupted logrotate), the plain one
    is taken. Anything but regular files is left out.
    """
    groups: dict[str, dict[tuple[str, int], LogFile]] = {}
    for path in matching(pattern):
        if not os.path.isfile(path):
            continue
        entry = _placed(path)
        groups.setdefault(entry.stem, {}).setdefault((entry.date, entry.number), entry)
    return [sorted(group.values(), key=_age) for _, group in sorted(groups.items())]


def _placed(path: str) -> LogFile:
    name = _COMPRESSED.sub("", path)
    match = _ROTATED.search(name)
    if match is None:
        return LogFile(path, name, "", 0)
    return LogFile(path, name[: match.start()], match["date"] or "", int(match["number"] or 0))


def _age(entry: LogFile) -> tuple[int, str, int]:
    if entry.date:
        return 0, entry.date, 0
    return (1, "", -entry.number)


class LineReader:
    """Reads one log file as blocks of lines.

    After the last block, `cut` says how many lines were longer than `MAX_LINE` and were cut,
    and `damage` why reading stopped early, if it did. Undecodable bytes become U+FFFD. The file's
    access time is left alone where the system allows it.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.cut = 0
        self.damage: Damage | None = None

    def blocks(self) -> Iterator[list[str]]:
        """Give lists of lines without their ends."""
        tail, skipping = b"", False
        for chunk in self._chunks():
            if skipping and b"\n" not in chunk:
                continue
            data = tail + (chunk[chunk.index(b"\n") :] if skipping else chunk)
            skipping = False
            end = data.rfind(b"\n") + 1
            tail = data[end:]
            if len(tail) > MAX_LINE:
                tail, skipping = tail[:MAX_LINE], True
                self.cut += 1
            if end:
                yield self._lines(data[: end - 1])
        if tail:
            yield self._lines(tail)

    def _lines(self, data: bytes) -> list[str]:
        lines = data.decode("utf-8", "replace").split("\n")
        if max(map(len, lines)) > MAX_LINE:
            self.cut += sum(len(line) > MAX_LINE for line in lines)
            lines = [line[:MAX_LINE] for line in lines]
        return lines

    def _chunks(self) -> Iterator[bytes]:
        try:
            with open(self._path, "rb", opener=open_unnoticed) as raw:
                stream = _decompressed(raw)
                while chunk := stream.read1(_BLOCK):
                    yield chunk
        except PermissionError as error:
            self.damage = Damage("unreadable-file", error.strerror or "permission denied")
        except _DAMAGE as error:
            self.damage = Damage("damaged-file", str(error))


def _decompressed(raw: io.BufferedReader) -> io.BufferedIOBase:
    magic = raw.peek(6)[:6]
    if magic[:2] == b"\x1f\x8b":
        return gzip.GzipFile(fileobj=raw)
    if magic == b"\xfd7zXZ\x00":
        return lzma.LZMAFile(raw)
    if magic[:4] == b"\x28\xb5\x2f\xfd":
        return io.BufferedReader(_Frames(raw), _BLOCK)
    if magic[:3] == b"BZh":
        return bz2.BZ2File(raw)
    return raw


class _Frames(io.RawIOBase):
    """Zstandard frames one after the other; unlike the library's reader it tells when one is cut."""

    def __init__(self, raw: io.BufferedReader) -> None:
        self._raw = raw
        self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._begun = False
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill a buffer; raises EOFError where the file ends within a frame."""
        view = memoryview(buffer).cast("B")
        while not self._held:
            piece = self._frame.unused_data or self._raw.read(_PIECE)
            if self._frame.eof:
                self._frame, self._begun = zstandard.ZstdDecompressor().decompressobj(), False
            if not piece:
                if self._begun:
                    raise EOFError("the compressed file ends too early")
                return 0
            self._begun = True
            self._held = self._frame.decompress(piece)
        size = min(len(view), len(self._held))
        view[:size] = self._held[:size]
        self._held = self._held[size:]
        return size
