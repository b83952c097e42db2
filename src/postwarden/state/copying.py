"""The whole database as one file, and back: for backups."""

import os
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from typing import Any

from postwarden.durable.service import file_mode, sync_folder
from postwarden.state.database import FILE, parts
from postwarden.state.errors import StateMissing
from postwarden.state.settings import StateSettings

SQLITE, POSTGRESQL = "sqlite", "postgresql"
_PAGES = 1_000  # copied while writers wait
_ENVIRONMENT = {"password": "PGPASSWORD", "passfile": "PGPASSFILE", "sslmode": "PGSSLMODE"}
_TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"


def kind(settings: StateSettings) -> str:
    """Name the database's kind; a copy goes back only into one of its kind."""
    return SQLITE if settings.url is None else POSTGRESQL


def copy_out(settings: StateSettings, target: str) -> None:
    """Write the database as it is at one moment into a file that is not there yet, and sync it.

    Others go on writing meanwhile: SQLite's online backup (sqlite.org/backup.html), or pg_dump.

    Raises:
        StateMissing: it cannot be read; what was written of the file is of no use.
        OSError: the file cannot be written.
    """
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if settings.url is None:
            _sqlite_out(os.path.join(settings.path, FILE), target)
        else:
            _run(settings.url, ["pg_dump", "--format=custom", "--no-owner", f"--file={target}"])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_in(settings: StateSettings, source: str, folder: str) -> None:
    """Make the database of a copy: SQLite's as a file in `folder`, PostgreSQL's in one transaction.

    Raises:
        StateMissing: it is no copy of such a database, or it cannot be written; PostgreSQL has nothing
            of it then.
        OSError: the file cannot be written.
    """
    if settings.url is not None:
        words = ["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction"]
        _run(settings.url, [*words, f"--dbname={_database(settings.url)}", source])
        return
    target = os.path.join(folder, FILE)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    descriptor = os.open(target, flags, file_mode(folder))
    try:
        _sqlite_out(source, target)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(folder)


def is_empty(settings: StateSettings) -> bool:
    """Tell whether there is no database yet, or one without a table.

    Raises:
        StateMissing: PostgreSQL cannot be asked.
    """
    if settings.url is None:
        return not os.path.exists(os.path.join(settings.path, FILE))
    import psycopg  # noqa: PLC0415  # slow to load, seldom needed

    try:
        with psycopg.connect(settings.url) as session:
            row = session.execute(_TABLES).fetchone()
    except psycopg.OperationalError as error:
        raise StateMissing(f"PostgreSQL cannot be asked: {str(error).strip()}") from error
    return row is not None and row[0] == 0


def _sqlite_out(source: str, target: str) -> None:
    try:
        with (
            closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            read.backup(written, pages=_PAGES)
            written.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
            sound = written.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise StateMissing(f"{source}: {error}") from error
    if sound != "ok":
        raise StateMissing(f"{source}: is damaged: {sound}")


def _run(url: str, words: Sequence[str]) -> None:
    """Run a program of PostgreSQL; its password goes by the environment, which only we can read."""
    told = parts(url)
    named = {one: str(told[key]) for key, one in _ENVIRONMENT.items() if key in told}
    where = {"host": "--host", "port": "--port", "user": "--username"}
    options = [f"{option}={told[key]}" for key, option in where.items() if key in told]
    last = [_database(url)] if words[0] == "pg_dump" else []
    command = [words[0], "--no-password", *options, *words[1:], *last]
    try:
        subprocess.run(  # noqa: S603  # a program of PostgreSQL, with words of ours
            command, env={**os.environ, **named}, check=True, capture_output=True
        )
    except FileNotFoundError as error:
        raise StateMissing(
            f"{words[0]} is not installed; it comes with PostgreSQL's client"
        ) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise StateMissing(f"{words[0]} failed: {said}") from error


def _database(url: str) -> str:
    told: dict[str, Any] = parts(url)
    return str(told.get("dbname", told.get("user", "")))
