"""Long texts of rows, read in pieces, so that none is in memory as a whole."""

import codecs
from collections.abc import Iterator
from itertools import count

from django.db import connection
from django.db.models import Model

_PIECE = 1 << 18


def in_pieces(row: Model, field: str) -> Iterator[str]:
    """Give the text of a row in pieces, from memory where it has been read already.

    Args:
        row: with this text deferred (`QuerySet.defer`), or not.
        field: its column; the table has a row id where the database is SQLite.

    Of a row that is gone there is nothing. What another process changes meanwhile may be seen in part, unless
    the caller is in a transaction.
    """
    if field not in row.get_deferred_fields():
        text = getattr(row, field)
        yield from (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    elif connection.vendor == "sqlite":
        yield from _of_blob(row, field)
    else:
        yield from _of_substrings(row, field)


def _of_blob(row: Model, field: str) -> Iterator[str]:
    """Read by SQLite's incremental input: its substr() would read all of it each time."""
    table, key = _names(row)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid FROM {table} WHERE {key} = %s", [row.pk])  # noqa: S608  # names of ours
        numbers = cursor.fetchall()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for (number,) in numbers:
        with (
            connection.wrap_database_errors,
            connection.connection.blobopen(table, field, number, readonly=True) as blob,
        ):
            while piece := blob.read(_PIECE):
                yield decoder.decode(piece)


def _of_substrings(row: Model, field: str) -> Iterator[str]:
    table, key = _names(row)
    asked = f"SELECT substr({field}, %s, %s) FROM {table} WHERE {key} = %s"  # noqa: S608  # likewise
    for at in count(1, _PIECE):
        with connection.cursor() as cursor:
            cursor.execute(asked, [at, _PIECE, row.pk])
            found = cursor.fetchone()
        if not (found and found[0]):
            return
        yield found[0]


def _names(row: Model) -> tuple[str, str]:
    """Give the table of a row, and the column of its key."""
    meta = row._meta  # noqa: SLF001  # documented by Django, its underscore notwithstanding
    return meta.db_table, meta.pk.attname
