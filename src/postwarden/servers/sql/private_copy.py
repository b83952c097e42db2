"""A private copy of an SQLite database, so that reading it leaves no file and no lock beside it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from postwarden.durable.service import open_unnoticed
from postwarden.sources.service import PermanentSourceError, TemporarySourceError

_COMPANIONS = ("", "-wal", "-journal")  # sqlite.org/tempfiles.html; -shm is made again from -wal
_ATTEMPTS = 5


@contextmanager
def private_copy(path: str) -> Iterator[str]:
    """Copy a database with its write-ahead log or rollback journal; the copy goes with the context.

    Raises:
        PermanentSourceError: it cannot be read.
        TemporarySourceError: it changed during every attempt.
    """
    with tempfile.TemporaryDirectory(prefix="postwarden-") as folder:
        copy = os.path.join(folder, "copy.sqlite")
        for _ in range(_ATTEMPTS):
            before = _states(path)
            try:
                _copy_all(path, copy)
            except OSError as error:
                reason = error.strerror or str(error)
                raise PermanentSourceError(
                    f"the SQLite file {path} cannot be read: {reason}; check url and permissions"
                ) from error
            if _states(path) == before:
                break
        else:
            raise TemporarySourceError(
                f"the SQLite file {path} kept changing while it was copied; try again later"
            )
        yield copy


def _copy_all(path: str, copy: str) -> None:
    for suffix in _COMPANIONS:
        if suffix and not os.path.exists(path + suffix):
            if os.path.exists(copy + suffix):
                os.unlink(copy + suffix)
            continue
        with (
            open(path + suffix, "rb", opener=open_unnoticed) as source,
            open(copy + suffix, "wb") as target,
        ):
            shutil.copyfileobj(source, target, 1 << 20)


def _states(path: str) -> list[tuple[int, int, int] | None]:
    return [_state(path + suffix) for suffix in _COMPANIONS]


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
