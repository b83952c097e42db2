"""The projection: the held accounts of this host, in a small file that its servers read.

Layout: table `holds` (account, reason), table `applied` (one row: the revision it stands at). It is
changed in place, for servers keep it open, and in SQLite's rollback mode: a killed writer leaves a
journal, and whoever next opens the file with the right to write undoes what was half-done: the worker,
the policy server, or Dovecot's auth-worker, which runs as root. Its folder's group has to be one that
the servers' users are in (setgid, so that the file is theirs to read).
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple, Protocol

from postwarden.holds.errors import ProjectionUnfit
from postwarden.holds.file import VERSION, connect, empty, make_projection, projection_file

_PUT = (
    "INSERT INTO holds VALUES (?, ?) ON CONFLICT (account) DO UPDATE SET reason = excluded.reason"
)
_IS_THERE = "SELECT 1 FROM holds WHERE account = ?"


class Change(NamedTuple):
    """What an account's holder is told; None where the account is not held (any more)."""

    account: str
    reason: str | None


class Told(Protocol):
    """Where the projection learns from: the state."""

    def newest(self) -> int:
        """Give the number of the last change."""

    def since(self, revision: int) -> tuple[int, Sequence[Change]]:
        """Give what changed after a revision, and the revision that this leads to."""


class Projection:
    """The file of this host; several processes may bring it up to date at once."""

    def __init__(self, folder: str, told: Told) -> None:
        self._folder = folder
        self._path = projection_file(folder)
        self._told = told

    def refresh(self, before: Callable[[Sequence[str]], None] | None = None) -> bool:
        """Bring it up to date, or make it where it is missing or damaged; tell whether it was not.

        Crash promise: servers read what it said before, or what it says now.

        Args:
            before: is called with the accounts that servers let in until now and are about to refuse.

        Raises:
            ProjectionUnfit: it cannot be written.
        """
        with self._opened(thorough=False) as database:
            newest = self._told.newest()
            if _revision(database) == newest:
                return False
            database.execute("BEGIN IMMEDIATE")
            applied = _revision(database)
            if applied > newest:  # the state was brought back from an older backup
                database.execute("DELETE FROM holds")
                applied = 0
            reached, changes = self._told.since(applied)
            _announce(database, changes, before)
            _apply(database, reached, changes)
            database.execute("COMMIT")
            return True

    def check(self, before: Callable[[Sequence[str]], None] | None = None) -> bool:
        """Compare it with the state and write it anew where it differs; tell whether it was right.

        Args:
            before: as of `refresh`.

        Raises:
            ProjectionUnfit: it cannot be written.
        """
        with self._opened(thorough=True) as database:
            database.execute("BEGIN IMMEDIATE")
            reached, changes = self._told.since(0)
            wanted = {one.account: one.reason for one in changes if one.reason is not None}
            there = dict(database.execute("SELECT account, reason FROM holds"))
            if there == wanted:
                database.execute("ROLLBACK")
                return True
            _announce(database, changes, before)
            database.execute("DELETE FROM holds")
            _apply(database, reached, changes)
            database.execute("COMMIT")
            return False

    @contextmanager
    def _opened(self, *, thorough: bool) -> Iterator[sqlite3.Connection]:
        try:
            make_projection(self._folder)
            with closing(self._sound(thorough)) as database:
                yield database
        except (sqlite3.Error, OSError) as error:
            raise ProjectionUnfit(f"{self._path}: {error}") from error

    def _sound(self, thorough: bool) -> sqlite3.Connection:
        """Open it; what is no database of ours is emptied in place, for servers have it open."""
        database = connect(self._path)
        try:
            if _is_sound(database, thorough):
                return database
        except sqlite3.Error:
            database.close()
            raise
        database.close()
        with suppress(FileNotFoundError):
            os.unlink(f"{self._path}-journal")  # before the file: it would bring the damage back
        os.truncate(self._path, 0)
        database = connect(self._path)
        empty(database)
        return database


def _is_sound(database: sqlite3.Connection, thorough: bool) -> bool:
    try:
        if database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            return False
        return not thorough or database.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    except sqlite3.OperationalError:
        raise  # locked, or not to be opened: that is no damage
    except sqlite3.DatabaseError:
        return False


def _revision(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT revision FROM applied").fetchone()[0])


def _announce(
    database: sqlite3.Connection,
    changes: Sequence[Change],
    before: Callable[[Sequence[str]], None] | None,
) -> None:
    if before is None:
        return
    told = [one.account for one in changes if one.reason is not None]
    new = [one for one in told if database.execute(_IS_THERE, (one,)).fetchone() is None]
    if new:
        before(new)


def _apply(database: sqlite3.Connection, reached: int, changes: Sequence[Change]) -> None:
    gone = [(one.account,) for one in changes if one.reason is None]
    database.executemany("DELETE FROM holds WHERE account = ?", gone)
    database.executemany(_PUT, [one for one in changes if one.reason is not None])
    database.execute("UPDATE applied SET revision = ?", (reached,))
