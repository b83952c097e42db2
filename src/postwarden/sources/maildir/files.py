"""Opening and listing without a trace: O_NOATIME, O_NOFOLLOW, names relative to descriptors."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK


class Opener:
    """Opens for reading without changing access times, as far as the kernel lets this user.

    open(2): O_NOATIME is refused (EPERM) to all but the owner and root. Then the file is opened
    without it and `refused` counts it. O_NONBLOCK keeps a FIFO from stopping the scan.
    """

    def __init__(self) -> None:
        self.refused = 0

    def file(self, name: str, directory: int) -> int:
        """Open a file, not through a symlink; raise OSError."""
        try:
            return os.open(name, _FILE | os.O_NOATIME, dir_fd=directory)
        except PermissionError:
            return self._open_noticed(name, _FILE, directory)

    def folder(self, name: str, directory: int | None = None) -> int:
        """Open a directory; below another one not through a symlink; raise OSError."""
        flags = _DIRECTORY if directory is None else _DIRECTORY | os.O_NOFOLLOW
        try:
            return os.open(name, flags | os.O_NOATIME, dir_fd=directory)
        except PermissionError:
            return self._open_noticed(name, flags, directory)

    def _open_noticed(self, name: str, flags: int, directory: int | None) -> int:
        descriptor = os.open(name, flags, dir_fd=directory)
        self.refused += 1
        return descriptor

    @contextmanager
    def inside(self, name: str, directory: int | None = None) -> Iterator[int]:
        """Open a directory for the length of a block; raise OSError."""
        descriptor = self.folder(name, directory)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def text(self, name: str, directory: int, most: int) -> str | None:
        """Give a small file's text, at most so many bytes; None when it is not there."""
        try:
            descriptor = self.file(name, directory)
        except FileNotFoundError:
            return None
        with open(descriptor, "rb") as file:
            return file.read(most).decode("utf-8", "surrogateescape")
