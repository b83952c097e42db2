import os
import sqlite3

import pytest
import sqlalchemy
from databases import SECRET, mariadb, postgresql

from postwarden.servers.sql import SqlServer
from postwarden.sources.service import (
    AmbiguousSourceError,
    PermanentSourceError,
    TableSettings,
    TemporarySourceError,
)

QUERY = "SELECT address, goto FROM aliases WHERE address NOT LIKE 'x%' AND ':a' <> '' ORDER BY id"
ROWS = [
    ("team@example.net", "alice@example.net"),
    ("team@example.net", "bob@example.net"),
    ("@example.net", ""),
    ("müller@example.net", "ünder@example.net"),
]


def table(url, query=QUERY):
    return TableSettings("sql", url=url, query=query)


def rows(url, query=QUERY):
    return list(SqlServer().rows(table(url, query)))


def fill(connection):
    text = sqlalchemy.text
    connection.execute(text("CREATE TABLE aliases (id INT, address VARCHAR(99), goto VARCHAR(99))"))
    insert = text("INSERT INTO aliases VALUES (:i, :a, :g)")
    found = [{"i": place, "a": a, "g": g or None} for place, (a, g) in enumerate(ROWS)]
    connection.execute(insert, [*found, {"i": 9, "a": "x@example.net", "g": "no"}])
    connection.commit()


def check_a_server(scheme, driver, database):
    place = f"127.0.0.1:{database.port}/mail"
    url = f"{scheme}://mail:{SECRET}@{place}"
    engine = sqlalchemy.create_engine(f"{driver}://mail:{SECRET}@{place}")
    with engine.connect() as connection:
        fill(connection)
    engine.dispose()
    assert rows(url) == ROWS
    assert rows(url, "SELECT address FROM aliases WHERE id = 0") == [(ROWS[0][0], ROWS[0][0])]
    with pytest.raises(PermanentSourceError, match="refused") as wrong_query:
        rows(url, "SELECT nothing FROM aliases")
    with pytest.raises(PermanentSourceError) as write:
        rows(url, "INSERT INTO aliases VALUES (3, 'a', 'b')")
    with pytest.raises(PermanentSourceError, match="refused") as password:
        rows(f"{scheme}://mail:wrong-{SECRET}@{place}")
    with pytest.raises(PermanentSourceError) as name:
        rows(f"{scheme}://mail:{SECRET}@127.0.0.1:{database.port}/other")
    for raised in (wrong_query, write, password, name):
        assert SECRET not in str(raised.value)
    assert rows(url) == ROWS
    return url


@pytest.fixture(scope="module")
def postgres():
    with postgresql() as database:
        admin = f"postgresql+psycopg://mail:{SECRET}@127.0.0.1:{database.port}/postgres"
        engine = sqlalchemy.create_engine(admin, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("CREATE DATABASE mail"))
        engine.dispose()
        yield database


@pytest.mark.servers
def test_postgresql_is_read_and_cut_off_half_way(postgres):
    url = check_a_server("postgresql", "postgresql+psycopg", postgres)
    many = "SELECT 'a' || n, 'b' FROM generate_series(1, 100000) AS n"
    assert len(rows(url, many)) == 100_000
    asked = SqlServer().rows(table(url, many))
    assert next(asked) == ("a1", "b")
    engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    with engine.connect() as connection:
        connection.execute(
            sqlalchemy.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = 'mail'"
            )
        )
    engine.dispose()
    with pytest.raises(AmbiguousSourceError, match="stopped answering after"):
        list(asked)


@pytest.mark.servers
def test_mariadb_is_read():
    with mariadb() as database:
        url = check_a_server("mysql", "mysql+pymysql", database)
        assert rows(url.replace("mysql", "mariadb")) == ROWS
        assert rows(url, "SELECT CAST('Ä' AS BINARY), 1") == [("Ä", "1")]


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_temporary(scheme):
    with pytest.raises(TemporarySourceError, match="does not answer") as raised:
        rows(f"{scheme}://mail:{SECRET}@127.0.0.1:1/mail")
    assert SECRET not in str(raised.value)
    assert f"{scheme}://127.0.0.1:1/mail" in str(raised.value)


def test_sqlite_is_read_with_its_log_and_left_as_it_was(tmp_path):
    path = tmp_path / "accounts.sqlite"
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE aliases (id, address, goto)")
    writer.commit()
    writer.executemany("INSERT INTO aliases VALUES (?, ?, ?)", [(1, *ROWS[0]), (2, b"\xff", "x")])
    writer.commit()
    os.utime(path, ns=(5, 6))
    before = snapshot(tmp_path)
    assert rows(f"sqlite:///{path}") == [ROWS[0], ("\ufffd", "x")]
    assert snapshot(tmp_path) == before
    writer.close()


def snapshot(folder):
    states = {}
    for entry in os.scandir(folder):
        found = entry.stat()
        states[entry.name] = (found.st_size, found.st_atime_ns, found.st_mtime_ns, found.st_ino)
    return states


@pytest.mark.parametrize("content", [None, b"no database at all, but long enough to look at" * 20])
def test_sqlite_files_that_are_none_are_refused(tmp_path, content):
    path = tmp_path / "x.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PermanentSourceError, match=r"x\.sqlite"):
        rows(f"sqlite:///{path}")
    assert path.exists() == (content is not None)


@pytest.mark.parametrize(
    ("url", "says"), [("no url", "cannot be understood"), ("oracle://h/d", "no door to 'oracle'")]
)
def test_urls_that_lead_nowhere_say_what_to_write(url, says):
    with pytest.raises(PermanentSourceError, match=says):
        rows(url)


def test_sqlite_may_not_be_written(tmp_path):
    path = tmp_path / "a.sqlite"
    sqlite3.connect(path).close()
    path.touch()
    with pytest.raises(PermanentSourceError, match=r"readonly|read-only|no rows"):
        rows(f"sqlite:///{path}", "CREATE TABLE x (y)")
