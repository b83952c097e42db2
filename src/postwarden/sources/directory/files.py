"""Text tables as physical and logical lines, read without leaving a trace.

Logical lines are those of Postfix's readllines() (its postmap(1), "INPUT FILE FORMAT"): comments
and blank lines are dropped wherever they stand, and a line that starts with white space goes on the
line before it.
"""

import errno
import os
import stat
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from postwarden.durable.service import open_unnoticed
from postwarden.sources.records import ProblemRecord

MAX_LINE = 1 << 20
"""Bytes of the longest line that is read, physical or logical."""

_SPACE = b" \t\n\v\f\r"


class Line(NamedTuple):
    """A line of a table: its number, from 1, of the first physical line, and its bytes."""

    number: int
    raw: bytes


class Source(NamedTuple):
    """A text table: where it is, and how citations name it."""

    path: str
    shown: str

    def problem(self, code: str, detail: str, line: int | None = None) -> ProblemRecord:
        """Name something that is wrong with this table."""
        return ProblemRecord("directory", code, self.shown, detail, self.shown, line)


def open_regular(path: str) -> BinaryIO:
    """Open a regular file for reading without changing its atime where the system allows that.

    Raises:
        OSError: it cannot be opened, or is no regular file (a pipe would wait for ever).
    """
    handle = open_unnoticed(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "not a regular file", path)
    return os.fdopen(handle, "rb")


def physical_lines(source: Source) -> Iterator[Line | ProblemRecord]:
    """Give every line without its line end; a line over `MAX_LINE` bytes becomes a problem."""
    try:
        with open_regular(source.path) as file:
            yield from _lines_of(source, file)
    except OSError as error:
        yield source.problem("unreadable-file", f"cannot be read: {error.strerror or error}")


def _lines_of(source: Source, file: BinaryIO) -> Iterator[Line | ProblemRecord]:
    number = 0
    while raw := file.readline(MAX_LINE + 1):
        number += 1
        if len(raw) > MAX_LINE and not raw.endswith(b"\n"):
            yield source.problem("broken-line", f"longer than {MAX_LINE} bytes, ignored", number)
            while (raw := file.readline(MAX_LINE)) and not raw.endswith(b"\n"):
                pass
            continue
        yield Line(number, raw.removesuffix(b"\n"))


def logical_lines(source: Source) -> Iterator[Line | ProblemRecord]:
    """Give every logical line that is neither blank nor a comment, continuations joined."""
    start = 0
    parts: list[bytes] = []
    for line in physical_lines(source):
        if isinstance(line, ProblemRecord):
            yield line
            continue
        content = line.raw.lstrip(_SPACE)
        if not content or content.startswith(b"#"):
            continue
        if line.raw[:1] not in _SPACE:
            if parts:
                yield from _joined(source, start, parts)
            start, parts = line.number, [line.raw]
        elif parts:
            parts.append(line.raw)
        else:
            yield source.problem(
                "broken-line", "starts with white space, but there is nothing to go on", line.number
            )
    if parts:
        yield from _joined(source, start, parts)


def _joined(source: Source, start: int, parts: list[bytes]) -> Iterator[Line | ProblemRecord]:
    raw = b"".join(parts)
    if len(raw) > MAX_LINE:
        yield source.problem("broken-line", f"longer than {MAX_LINE} bytes, ignored", start)
    else:
        yield Line(start, raw)


def text_of(source: Source, line: Line) -> str | ProblemRecord:
    """Decode a line; as the servers do, ignore one that is not UTF-8 or holds a NUL byte."""
    if b"\0" in line.raw:
        return source.problem("broken-line", "holds a NUL byte, ignored", line.number)
    try:
        return line.raw.decode("utf-8")
    except UnicodeDecodeError:
        return source.problem("broken-line", "is not UTF-8, ignored", line.number)
