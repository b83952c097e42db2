"""The addresses of one account, found among millions without an engine: for pages, which are asked for often.

A part of the directory is kept in the order of accounts, in short row groups (`ordering`), whose footer says from
which account to which each of them goes. Parts in any other order, as scans once wrote them, are read where they
may have the account, too: that is slower and gives the same.
"""

import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from postwarden.evidence.errors import BrokenSnapshot
from postwarden.evidence.settings import MANIFEST
from postwarden.sources.service import DirectoryRecord
from postwarden.vocabulary import said

_BROKEN = said("{part}: cannot be read ({error})")


class _Group(NamedTuple):
    """A row group, and its first and last account; None where its footer does not say."""

    number: int
    first: str | None
    last: str | None


class _Part(NamedTuple):
    """A part of the directory: its footer, and what that says of accounts."""

    path: str
    footer: pq.FileMetaData
    groups: tuple[_Group, ...]


def addresses(folder: str, account: str) -> list[DirectoryRecord]:
    """Give the entries of a snapshot's directory that lead to an account, in no order.

    Args:
        folder: of the snapshot, which is finished: nothing in it changes any more.
        account: in normal form.

    Raises:
        BrokenSnapshot: a part cannot be read.
    """
    found: list[DirectoryRecord] = []
    for part in _parts(folder, _mark(folder)):
        try:
            for rows in _rows(part, account):
                columns = [rows.column(name).to_pylist() for name in DirectoryRecord._fields]
                found += map(DirectoryRecord._make, zip(*columns, strict=True))
        except (pa.ArrowException, OSError) as error:
            raise BrokenSnapshot(_BROKEN.about(part=part.path, error=error)) from error
    return found


def _rows(part: _Part, account: str) -> Iterator[pa.Table]:
    groups = [one.number for one in part.groups if _may_have(one, account)]
    if not groups:
        return
    with pq.ParquetFile(part.path, metadata=part.footer) as file:
        for number in groups:
            names = file.read_row_group(number, ["account"]).column("account").to_pylist()
            own = [place for place, name in enumerate(names) if name == account]
            if own:
                rows = file.read_row_group(number)
                yield pa.concat_tables(rows.slice(place, 1) for place in own)


def _may_have(group: _Group, account: str) -> bool:
    return group.first is None or group.last is None or group.first <= account <= group.last


def _mark(folder: str) -> int:
    """Tell a snapshot from another one of its name that was put there since."""
    try:
        return os.stat(os.path.join(folder, MANIFEST)).st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=2)  # the newest snapshot, and the one before it
def _parts(folder: str, _: int) -> Sequence[_Part]:
    place = os.path.join(folder, "directory")
    if not os.path.isdir(place):
        return ()
    paths = sorted(os.path.join(place, one) for one in os.listdir(place))
    return [_part(path) for path in paths if path.endswith(".parquet")]


def _part(path: str) -> _Part:
    try:
        footer = pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise BrokenSnapshot(_BROKEN.about(part=path, error=error)) from error
    column = footer.schema.names.index("account")
    numbers = range(footer.num_row_groups)
    return _Part(path, footer, tuple(_group(footer, number, column) for number in numbers))


def _group(footer: pq.FileMetaData, number: int, column: int) -> _Group:
    told = footer.row_group(number).column(column).statistics
    if told is None or not told.has_min_max:
        return _Group(number, None, None)
    return _Group(number, told.min, told.max)
