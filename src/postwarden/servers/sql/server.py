"""Rows of a query, streamed, as the `TableServer` port asks for them."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    Engine,
    Executable,
    create_engine,
    make_url,
    text,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from postwarden.servers.sql.faults import fault
from postwarden.servers.sql.private_copy import private_copy
from postwarden.sources.service import PermanentSourceError, TableSettings

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "sqlite": "sqlite",
}
_CONNECT_SECONDS = 10
_ANSWER_SECONDS = 600
_BATCH = 2000


class SqlServer:
    """A `TableServer` for tables of the format "sql"."""

    def rows(self, table: TableSettings) -> Iterator[tuple[str, str]]:
        """Give (key, value) for each row; of one column (value, value); NULL as ""."""
        url = url_of(table.url)
        given = 0
        try:
            with (
                engine_of(url) as engine,
                engine.connect() as connection,
                answer_of(connection, url, text(_escaped(table.query or ""))) as answer,
            ):
                for row in answer:
                    yield text_of(row[0]), text_of(row[1 if len(row) > 1 else 0])
                    given += 1
        except SQLAlchemyError as error:
            raise fault(error, url, given) from error


def url_of(written: str | None) -> URL:
    """Read a URL as configured; raise `PermanentSourceError`."""
    try:
        url = make_url(written or "")
    except SQLAlchemyError as error:
        raise PermanentSourceError(
            "the url of an sql table cannot be understood; write it as "
            "postgresql://user:password@host/database"
        ) from error
    kind = url.drivername.partition("+")[0]
    if kind not in _DRIVERS:
        raise PermanentSourceError(
            f"there is no door to {kind!r} databases; use sqlite, postgresql, mysql or mariadb"
        )
    return url.set(drivername=_DRIVERS[kind])


@contextmanager
def engine_of(url: URL) -> Iterator[Engine]:
    """Give an engine for one connection; an SQLite file is copied first."""
    if url.drivername == "sqlite":
        with private_copy(url.database or "") as copy:
            yield create_engine("sqlite://", creator=lambda: _open(copy), poolclass=NullPool)
    else:
        waits = {"connect_timeout": _CONNECT_SECONDS}
        if url.drivername.endswith("pymysql"):
            waits["read_timeout"] = _ANSWER_SECONDS
        engine = create_engine(url, poolclass=NullPool, connect_args=waits)
        yield engine


def _open(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


@contextmanager
def answer_of(
    connection: Connection, url: URL, statement: Executable, values: Mapping[str, str] | None = None
) -> Iterator[CursorResult[Any]]:
    """Ask in a read-only transaction, with values for the names in the statement."""
    options: dict[str, Any] = {"yield_per": _BATCH}
    if url.drivername.startswith("postgresql"):
        connection = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
    elif url.drivername == "sqlite":
        connection.exec_driver_sql("PRAGMA query_only = ON")
    else:
        connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
    result = connection.execute(statement, values, execution_options=options)
    if not result.returns_rows:
        raise PermanentSourceError(
            f"the query gives no rows; write a SELECT: {str(statement)[:200]}"
        )
    cursor = result.cursor
    try:
        yield result
    finally:
        if cursor is not None:  # a lost connection leaves it open
            cursor.close()


def _escaped(query: str) -> str:
    r"""Give a query in which ":" begins no name."""
    return re.sub(r":(?=\w)", r"\:", query)


def text_of(value: object) -> str:
    """Give a value as text; NULL as ""."""
    if value is None:
        return ""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return str(value)
