"""Many whole files that get their names together, at the price of syncs side by side."""

import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from postwarden.durable.files import sync_folder, write_synced

PARTIAL = ".partial"
_THREADS = 4  # more are no faster: they wait for one disk
_Synced = TypeVar("_Synced")


class Together:
    """Files written beside their places; see `together`."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._token = secrets.token_hex(8)
        self._writing: dict[str, Future[None]] = {}

    def add(self, path: str, data: bytes) -> None:
        """Begin to write a file, mode 0600; its folder exists. What fails, `written` raises."""
        self._writing[path] = self._pool.submit(write_synced, self._partial(path), data)

    def written(self) -> None:
        """Wait until all that was added is on the disk, under names that nobody looks for.

        Raises:
            OSError: some of it is not (disk full, I/O error); none will get its name.
        """
        for future in self._writing.values():
            future.result()

    def publish(self, paths: Collection[str]) -> None:
        """Give files their names, in place of older ones; those not named here are thrown away.

        Args:
            paths: of files that were added.

        Crash promise: each name is that of the old file or the whole new one; once this returns, of
        the new one, also after a power cut.

        Raises:
            OSError: nobody knows which names were given; add all again in another block.
        """
        self.written()
        for path in paths:
            os.rename(self._partial(path), path)
            del self._writing[path]
        list(self._pool.map(sync_folder, sorted({os.path.dirname(path) for path in paths})))

    def discard(self) -> None:
        """Remove what did not get its name."""
        for path, future in self._writing.items():
            future.cancel()
            if not future.cancelled():
                future.exception()
            with suppress(OSError):
                os.unlink(self._partial(path))

    def _partial(self, path: str) -> str:
        return f"{path}.{self._token}{PARTIAL}"


@contextmanager
def together() -> Iterator[Together]:
    """Write files in a block; those that were not published in it are thrown away at its end.

    Crash promise: a process that is killed leaves names that end with `PARTIAL`, and nothing else.
    """
    with ThreadPoolExecutor(_THREADS, "together") as pool:
        batch = Together(pool)
        try:
            yield batch
        finally:
            batch.discard()


def side_by_side(sync: Callable[[_Synced], object], what: Iterable[_Synced]) -> None:
    """Sync files or folders side by side, with `os.fsync` or `sync_folder`: the disk has them together.

    Crash promise: once this returns, all of them are as `sync` leaves each.

    Raises:
        OSError: one could not be synced; nobody knows of the others.
    """
    with ThreadPoolExecutor(_THREADS, "syncs") as pool:
        list(pool.map(sync, what))
