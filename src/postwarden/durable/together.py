"""Many whole files that get their names together, at the price of syncs side by side."""

import os
import secrets
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TypeVar

from postwarden.durable.files import begin_file, sync_folder

PARTIAL = ".partial"
_THREADS = 4  # more are no faster: they wait for one disk
_MOST_OPEN = 256
_FEWEST = 8  # of one thread: fewer take longer to hand over than to sync
_Synced = TypeVar("_Synced")


class Together:
    """Files written beside their places; see `together`."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(8)
        self._paths: dict[str, None] = {}

    def beside(self, path: str) -> str:
        """Give the name that a file is to be written and synced under, until it is published."""
        self._paths[path] = None
        return f"{path}.{self._token}{PARTIAL}"

    def publish(self, paths: Collection[str]) -> None:
        """Give files their names, in place of older ones; those not named here are thrown away.

        Args:
            paths: of files that are whole on the disk, under the names beside them.

        Crash promise: each name is that of the old file or the whole new one; once this returns, of
        the new one, also after a power cut.

        Raises:
            OSError: nobody knows which names were given; write all again in another block.
        """
        for path in paths:
            os.rename(self.beside(path), path)
            del self._paths[path]
        side_by_side(sync_folder, sorted({os.path.dirname(path) for path in paths}))

    def discard(self) -> None:
        """Remove what did not get its name."""
        for path in list(self._paths):
            with suppress(OSError):
                os.unlink(self.beside(path))


@contextmanager
def together() -> Iterator[Together]:
    """Write files in a block; those that were not published in it are thrown away at its end.

    Crash promise: a process that is killed leaves names that end with `PARTIAL`, and nothing else.
    """
    batch = Together()
    try:
        yield batch
    finally:
        batch.discard()


def write_many(files: Iterable[tuple[str, bytes]]) -> None:
    """Write files in place as `write_synced` does each, but let the disk have many of them together.

    Raises:
        OSError: nobody knows which bytes are on the disk; throw the files away.
    """
    written: list[int] = []
    try:
        for path, data in files:
            written.append(begin_file(path, data))
            if len(written) >= _MOST_OPEN:
                side_by_side(os.fsync, written)
                _close(written)
        side_by_side(os.fsync, written)
    finally:
        _close(written)


def _close(descriptors: list[int]) -> None:
    while descriptors:
        os.close(descriptors.pop())


def side_by_side(sync: Callable[[_Synced], object], what: Iterable[_Synced]) -> None:
    """Sync files or folders side by side, with `os.fsync` or `sync_folder`: the disk has them together.

    Crash promise: once this returns, all of them are as `sync` leaves each.

    Raises:
        OSError: one could not be synced; nobody knows of the others.
    """
    every = list(what)
    if len(every) <= _FEWEST:
        _sync_each(sync, every)
        return
    threads = min(_THREADS, -(-len(every) // _FEWEST))
    shares = [every[first::threads] for first in range(threads)]
    with ThreadPoolExecutor(threads, "syncs") as pool:
        for done in [pool.submit(_sync_each, sync, share) for share in shares]:
            done.result()


def _sync_each(sync: Callable[[_Synced], object], share: Sequence[_Synced]) -> None:
    for one in share:
        sync(one)
