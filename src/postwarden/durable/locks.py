"""Lock files (flock(2))."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from postwarden.durable.files import file_mode
from postwarden.vocabulary import PostwardenError


class LockedElsewhereError(PostwardenError):
    """Another process holds the lock."""


@contextmanager
def locked_file(path: str, *, passing: bool = False) -> Iterator[None]:
    """Hold a lock for the length of a block; the file holds nothing.

    Args:
        path: of the file, which is made.
        passing: it is removed at the end of the block; else it stays.

    Crash promise: the kernel frees the lock with the process, however it ends. The file stays then.

    Raises:
        LockedElsewhereError: another process, or another block of this one, holds it.
    """
    descriptor = _locked(path)
    try:
        yield
    finally:
        if passing:
            with suppress(FileNotFoundError):
                os.unlink(path)  # while it is held: nobody else holds a file of this name
        os.close(descriptor)


def _locked(path: str) -> int:
    """Give the descriptor of the file that has this name once it is locked."""
    while True:
        mode = file_mode(os.path.dirname(path))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_there(path, descriptor):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            raise LockedElsewhereError(f"{path} is held by another process") from None
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)  # whoever held it removed it meanwhile


def _is_there(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False
