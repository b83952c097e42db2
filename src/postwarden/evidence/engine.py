"""The embedded engine: one snapshot's tables as Ibis expressions over Parquet, run by DuckDB.

Rooms build expressions and take rows from them; no SQL text and no engine leaves this module.
"""

import glob
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from copy import copy
from itertools import count
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa
from ibis.expr.schema import Schema

from postwarden.evidence.compiling import creation, described, names, query, remembered, table
from postwarden.evidence.errors import BrokenSnapshot
from postwarden.evidence.tables import schema_of
from postwarden.sources.service import (
    AccessRecord,
    CopyRecord,
    DeliveryRecord,
    DirectoryRecord,
    EntryRecord,
    GapRecord,
    MailboxRecord,
    ProblemRecord,
    SpanRecord,
)
from postwarden.vocabulary import said

TABLES: Mapping[str, type[NamedTuple]] = {
    "copies": CopyRecord,
    "deliveries": DeliveryRecord,
    "accesses": AccessRecord,
    "directory": DirectoryRecord,
    "entries": EntryRecord,
    "gaps": GapRecord,
    "mailboxes": MailboxRecord,
    "spans": SpanRecord,
    "problems": ProblemRecord,
}

Row = TypeVar("Row", bound=NamedTuple)


def _signature(_one: str, _two: str, _three: str, _four: str) -> int:
    raise TypeError("runs in DuckDB only")


_MOST = 4
_hash = ibis.udf.scalar.builtin(
    _signature, name="hash", signature=((dt.string,) * _MOST, dt.uint64)
)


def identity(*columns: ir.Value) -> ir.Value:
    """Give a number that stands for the values of up to four text columns in large joins; null where one is.

    It has 64 bits: among 20 million rows the chance that a given value meets a stranger's number is
    1 in 10^12, and joins need a sixth of the memory that the texts do. It is not for values that a
    stranger chooses alone; one part must be the provider's own, such as a session id or an account.
    """
    nothing = ibis.or_(*(column.isnull() for column in columns))
    padding = [ibis.literal("")] * (_MOST - len(columns))
    return ibis.ifelse(nothing, ibis.null("uint64"), _hash(*columns, *padding))


@remembered
def _counted(expression: ir.Table) -> ir.Table:
    return expression.aggregate(rows=expression.count())


@remembered
def _selected(expression: ir.Table, columns: Sequence[str]) -> ir.Table:
    return expression.select(*columns)


def sort_part(part: str, target: str, column: str, rows: int) -> None:
    """Write a Parquet part anew, in the order of a column.

    Args:
        part: to read.
        target: to write; it is not synced.
        column: by which.
        rows: of a row group.
    """
    connection = ibis.duckdb.connect(memory_limit="2GB", threads=2)
    try:
        connection.con.execute("SET temp_directory = ?", [f"{target}.spill"])
        ordered = connection.read_parquet(glob.escape(part)).order_by(column)
        connection.to_parquet(ordered, target, compression="zstd", row_group_size=rows)
    finally:
        connection.disconnect()
        shutil.rmtree(f"{target}.spill", ignore_errors=True)


class Engine:
    """Queries over one snapshot folder; use it as a context manager.

    Args:
        folder: of the snapshot.
        memory: DuckDB's limit, such as "2GB"; beyond it DuckDB spills into the snapshot's folder.
        threads: how many DuckDB uses.
    """

    def __init__(self, folder: str, memory: str = "2GB", threads: int = 2) -> None:
        self._spill = tempfile.mkdtemp(prefix="spill-", dir=folder)
        self._connection = duckdb.connect(config={"memory_limit": memory, "threads": threads})
        for setting, value in (
            ("temp_directory", self._spill),
            ("preserve_insertion_order", False),
            ("timezone", "UTC"),
            ("python_enable_replacements", False),  # no name in a question means a variable of ours
        ):
            self._connection.execute(f"SET {setting} = ?", [value])
        self._kept, self._given = count(), dict[str, pa.Table]()
        self.tables = {name: self._table(folder, name, kind) for name, kind in TABLES.items()}

    def _table(self, folder: str, name: str, record: type[NamedTuple]) -> ir.Table:
        parts = sorted(glob.glob(os.path.join(glob.escape(folder), name, "*.parquet")))
        if not parts:
            fields = [field.with_nullable(nullable=True) for field in schema_of(record)]
            return self._registered(name, pa.schema(fields).empty_table())
        try:
            parquet = self._connection.read_parquet(parts)
            parquet.create_view(name)
            return described(
                name, tuple(zip(parquet.columns, map(str, parquet.types), strict=True))
            )
        except duckdb.Error as error:
            raise BrokenSnapshot(
                said(
                    "{folder}: a part of {name} cannot be read ({error})",
                    folder=folder,
                    name=name,
                    error=error,
                )
            ) from error

    def _registered(self, name: str, rows: pa.Table) -> ir.Table:
        """Give rows of this process under a name that they have in every engine: see `compiling`."""
        self._connection.register(name, rows)
        self._given[name] = rows
        return table(name, Schema.from_pyarrow(rows.schema))

    def given(self, columns: Mapping[str, pa.DataType], rows: Iterable[Sequence[Any]]) -> ir.Table:
        """Give rows of this process as a table to join with; columns by name and type."""
        arrays = list(zip(*rows, strict=True)) or [()] * len(columns)
        data = {
            name: pa.array(values, type=kind)
            for (name, kind), values in zip(columns.items(), arrays, strict=True)
        }
        return self._registered(f"given_{len(self._given)}", pa.table(data))

    def named(self, column: str, values: Iterable[str]) -> ir.Table:
        """Give strings of this process as a table of one column to join with."""
        return self.given({column: pa.string()}, [(value,) for value in values])

    def narrowed(self, tables: Mapping[str, ir.Table]) -> "Engine":
        """Give a view of this engine in which these tables stand for the whole ones.

        It lives as long as this engine and is not to be used as a context manager.
        """
        view = copy(self)
        view.tables = {**self.tables, **tables}
        return view

    def batches(self, expression: ir.Table, size: int = 50_000) -> Iterator[pa.RecordBatch]:
        """Run an expression and give its rows in batches; others may be run meanwhile.

        Each has a cursor of its own: DuckDB ends an answer that is read bit by bit, without a word, as
        soon as the connection is asked for something else.
        """
        with closing(self._connection.cursor()) as cursor:
            for name in names(expression) & self._given.keys():  # known to one connection alone
                cursor.register(name, self._given[name])
            yield from cursor.execute(query(expression)).to_arrow_reader(size)

    def records(self, expression: ir.Table, record: type[Row]) -> Iterator[Row]:
        """Run an expression whose first columns are those of the record, and give records."""
        names = list(record._fields)
        for batch in self.batches(_selected(expression, names)):
            columns = [column.to_pylist() for column in batch.columns]
            yield from map(record._make, zip(*columns, strict=True))

    def table(self, expression: ir.Table) -> pa.Table:
        """Run an expression and give all its rows; only for answers known to be small."""
        return self._connection.execute(query(expression)).to_arrow_table()

    def count(self, expression: ir.Table) -> int:
        """Count the rows of an expression."""
        rows = self._connection.execute(query(_counted(expression))).fetchall()
        return int(rows[0][0])

    def keep(self, expression: ir.Table) -> ir.Table:
        """Compute an expression once and give the stored answer, for what is asked several times."""
        name, schema = f"kept_{next(self._kept)}", expression.schema()
        self._connection.execute(creation(name, schema))
        self._connection.execute(f'INSERT INTO "{name}" {query(expression)}')
        return table(name, schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()
        shutil.rmtree(self._spill, ignore_errors=True)
