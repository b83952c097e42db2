"""CSV tables (RFC 4180): an address and where it goes, or accounts alone.

The header is optional; it is known by its words. Several values may stand in one cell, in further
cells of a row without a header, or in further rows with the same key.
"""

import csv
from collections.abc import Iterator
from typing import NamedTuple

from postwarden.sources.directory.files import Source, physical_lines, text_of
from postwarden.sources.directory.rows import Row, Rows
from postwarden.sources.directory.values import normal_key, split_values
from postwarden.sources.records import ProblemRecord

_KEY_WORDS = (
    "key",
    "address",
    "alias",
    "email",
    "source",
    "account",
    "user",
    "username",
    "mailbox",
)
_VALUE_WORDS = ("value", "goto", "account", "destination", "target", "user", "username", "mailbox")


class _Columns(NamedTuple):
    key: int
    value: int | None
    rest: bool  # further cells are values too


def read_csv(source: Source) -> Rows:
    """Read the table; a row without a key or a value becomes a problem."""
    feed = _Feed(source)
    rows = csv.reader(feed)
    columns: _Columns | None = None
    while True:
        try:
            cells = next(rows, None)
        except csv.Error as error:
            yield source.problem("broken-line", f"is no CSV: {error}", feed.number)
            continue
        yield from feed.problems()
        if cells is None:
            return
        if columns is None:
            columns = _header(cells)
            if columns is not None:
                continue
            columns = _Columns(0, 1 if len(cells) > 1 else None, rest=True)
        yield _row(source, columns, cells, feed.number)


class _Feed:
    """The decoded lines for csv.reader; what cannot be decoded is kept as a problem."""

    def __init__(self, source: Source) -> None:
        self.number = 0
        self._source = source
        self._lines = physical_lines(source)
        self._problems: list[ProblemRecord] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for line in self._lines:
            if isinstance(line, ProblemRecord):
                self._problems.append(line)
                continue
            if not line.raw.strip() or line.raw.startswith(b"#"):
                continue
            text = text_of(self._source, line)
            if isinstance(text, ProblemRecord):
                self._problems.append(text)
                continue
            self.number = line.number
            return (text.removeprefix("\ufeff") if line.number == 1 else text) + "\n"
        raise StopIteration

    def problems(self) -> list[ProblemRecord]:
        found, self._problems = self._problems, []
        return found


def _header(cells: list[str]) -> _Columns | None:
    words = [cell.strip().lower() for cell in cells]
    key = next((words.index(word) for word in _KEY_WORDS if word in words), None)
    if key is None:
        return None
    named = [
        words.index(word) for word in _VALUE_WORDS if word in words and words.index(word) != key
    ]
    if named:
        return _Columns(key, named[0], rest=False)
    others = [place for place in range(len(cells)) if place != key]
    return _Columns(key, others[0] if others else None, rest=False)


def _row(source: Source, columns: _Columns, cells: list[str], line: int) -> Row | ProblemRecord:
    key = normal_key(cells[columns.key]) if columns.key < len(cells) else ""
    if columns.value is None:
        text = key
    elif columns.rest:
        text = " ".join(cells[columns.value :])
    else:
        text = cells[columns.value] if columns.value < len(cells) else ""
    values = split_values(text)
    if not key or not values:
        return source.problem("broken-line", "has no key or no value", line)
    return Row("literal", key, values, line)
