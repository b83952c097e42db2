"""Lock files (flock(2))."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from postwarden.vocabulary import PostwardenError


class LockedElsewhereError(PostwardenError):
    """Another process holds the lock."""


@contextmanager
def locked_file(path: str) -> Iterator[None]:
    """Hold a lock for the length of a block; the file stays and holds nothing.

    Crash promise: the kernel frees the lock with the process, however it ends.

    Raises:
        LockedElsewhereError: another process, or another block of this one, holds it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedElsewhereError(f"{path} is held by another process") from None
        yield
    finally:
        os.close(descriptor)
