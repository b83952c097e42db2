"""The columns of evidence: Arrow schemas drawn from the records, and a writer of Parquet parts.

A part is complete or absent: rows go to a temporary name which is synced and renamed when the part
is closed, so that a crash leaves only parts that are whole.
"""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from types import TracebackType
from typing import Any, NamedTuple, Self, get_args, get_type_hints

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 65_536
_TYPES: dict[Any, pa.DataType] = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}


@cache
def schema_of(record: type[NamedTuple]) -> pa.Schema:
    """Give the Arrow schema of a record type: its fields in order, null where None is allowed."""
    fields = []
    for name, hint in get_type_hints(record).items():
        kinds = get_args(hint) or (hint,)
        kind = next(k for k in kinds if k is not type(None))
        fields.append(pa.field(name, _TYPES[kind], nullable=type(None) in kinds))
    return pa.schema(fields)


class PartWriter:
    """Writes one Parquet part; use it as a context manager.

    Leaving the context normally makes the part durable under its name; leaving it by an exception
    removes the temporary file.
    """

    def __init__(self, path: str, record: type[NamedTuple]) -> None:
        self._path = path
        self._partial = f"{path}.partial"
        self._schema = schema_of(record)
        self._writer = pq.ParquetWriter(self._partial, self._schema, compression="zstd")
        self._rows: list[Sequence[Any]] = []
        self.count = 0

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        """Append rows, in the order of the record's fields."""
        self._rows.extend(rows)
        if len(self._rows) >= BATCH_ROWS:
            self._flush()

    def add_table(self, table: pa.Table) -> None:
        """Append a table of the record's columns, such as rows of an earlier part."""
        self._flush()
        self._writer.write_table(table.cast(self._schema))
        self.count += table.num_rows

    def _flush(self) -> None:
        if not self._rows:
            return
        columns = zip(*self._rows, strict=True)
        arrays = [
            pa.array(column, type=field.type)
            for column, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))
        self.count += len(self._rows)
        self._rows.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._writer.close()
            os.unlink(self._partial)
            return
        self._flush()
        self._writer.close()
        with open(self._partial, "rb") as part:
            os.fsync(part.fileno())
        os.rename(self._partial, self._path)
        directory = os.open(os.path.dirname(self._path) or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
