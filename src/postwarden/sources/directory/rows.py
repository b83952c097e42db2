"""What every reader of a table gives: rows with their keys and values in normal form."""

from collections.abc import Iterator
from typing import NamedTuple

from postwarden.sources.records import ProblemRecord


class Row(NamedTuple):
    """One entry of one table.

    Attributes:
        kind: "literal"; "local" for names of aliases(5), which are asked last; "regexp".
        key: see `EntryRecord.key`.
        values: the right-hand side; of a regexp, one text in which $1 stands for a group.
        line: from 1, of the file, or the number of the row.
    """

    kind: str
    key: str
    values: tuple[str, ...]
    line: int


Rows = Iterator[Row | ProblemRecord]


class Seen:
    """Remembers the keys of one table, as numbers: a table may hold millions of them."""

    def __init__(self) -> None:
        self._hashes: set[int] = set()

    def again(self, key: str) -> bool:
        """Note the key, and tell whether it was there before."""
        count = len(self._hashes)
        self._hashes.add(hash(key))
        return len(self._hashes) == count
