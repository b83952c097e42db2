"""The file that servers read: made, opened and asked, without the state and without Django."""

import os
import sqlite3
import stat
from contextlib import closing

from postwarden.holds.errors import ProjectionUnfit

FILE = "holds.sqlite"
VERSION = 1  # as in the schema
_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS holds (account TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS applied (revision INTEGER NOT NULL);
DELETE FROM applied;
DELETE FROM holds;
INSERT INTO applied VALUES (0);
PRAGMA user_version = 1;
COMMIT;
"""
_REASON = "SELECT reason FROM holds WHERE account = ?"


def projection_file(folder: str) -> str:
    """Give the path of the file that servers read."""
    return os.path.join(folder, FILE)


class HeldAccounts:
    """The projection, opened for asking; not made where it is missing.

    It is opened for writing though nothing is written: SQLite then undoes by itself what a killed
    writer left half-done (its "hot journal").
    """

    def __init__(self, folder: str) -> None:
        self._path = projection_file(folder)
        self._open: sqlite3.Connection | None = None

    def reason(self, account: str) -> str | None:
        """Give the sentence that a held account is refused with; None for one that is not held.

        Raises:
            ProjectionUnfit: it cannot be read now.
        """
        try:
            if self._open is None:
                self._open = connect(self._path)
            row = self._open.execute(_REASON, (account,)).fetchone()
        except sqlite3.Error as error:
            self.close()
            raise ProjectionUnfit(f"{self._path}: {error}") from error
        return None if row is None else str(row[0])

    def accounts(self) -> frozenset[str]:
        """Give all held accounts; raise `ProjectionUnfit` where it cannot be read now."""
        try:
            if self._open is None:
                self._open = connect(self._path)
            return frozenset(row[0] for row in self._open.execute("SELECT account FROM holds"))
        except sqlite3.Error as error:
            self.close()
            raise ProjectionUnfit(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Close it; asked again, it is opened again."""
        if self._open is not None:
            with closing(self._open):
                self._open = None


def rights(folder: str) -> tuple[int | None, int | None]:
    """Give the permission bits of the file and of its folder; None for what cannot be looked at."""
    return _mode(projection_file(folder)), _mode(folder)


def make_projection(folder: str) -> None:
    """Make the file with nobody held, where there is none; readable by its folder's group.

    Raises:
        ProjectionUnfit: it cannot be made.
    """
    path = projection_file(folder)
    try:
        if not os.path.exists(path):
            os.makedirs(folder, mode=0o750, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o640))
        if os.path.getsize(path) == 0:
            with closing(connect(path)) as database:
                empty(database)
    except (sqlite3.Error, OSError) as error:
        raise ProjectionUnfit(f"{path}: {error}") from error


def empty(database: sqlite3.Connection) -> None:
    """Make its tables where they are missing, with nobody held."""
    database.executescript(_SCHEMA)


def connect(path: str) -> sqlite3.Connection:
    """Open the file where it is; in autocommit, waiting 10 s for others."""
    return sqlite3.connect(
        f"file:{_quoted(path)}?mode=rw", timeout=10, isolation_level=None, uri=True
    )


def _quoted(path: str) -> str:
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _mode(path: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None
