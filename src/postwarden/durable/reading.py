"""Opening what belongs to others without a trace."""

import errno
import fnmatch
import os
import stat
from collections.abc import Iterator


def open_unnoticed(path: str, flags: int = os.O_RDONLY, dir_fd: int | None = None) -> int:
    """Open for reading without changing the access time, where the system allows that.

    open(2): O_NOATIME is refused (EPERM) to all but the owner and root; then it is opened without,
    and the kernel may set the access time. Fits as `opener` of open().

    Raises:
        OSError: it cannot be opened.
    """
    try:
        return os.open(path, flags | os.O_NOATIME | os.O_CLOEXEC, dir_fd=dir_fd)
    except PermissionError:
        return os.open(path, flags | os.O_CLOEXEC, dir_fd=dir_fd)


class NotPrivate(PermissionError):
    """Others than its owner may read a file that holds a secret."""


def private_line(path: str) -> str:
    """Read a secret: the first line of a file that nobody but its owner may read.

    Raises:
        NotPrivate: others may read it, too.
        OSError: it cannot be read.
    """
    with open(path, encoding="utf-8") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise NotPrivate(errno.EPERM, "others may read it; give it mode 0600", path)
        return file.readline().rstrip("\r\n")


def matching(pattern: str) -> Iterator[str]:
    """Give the paths that a glob matches, sorted, without changing access times of folders.

    As glob(7): "*", "?" and "[...]" within a name; hidden names need a dot in the pattern.
    """
    folder, _, last = pattern.rpartition("/")
    if not _is_magic(pattern):
        yield from [pattern] if os.path.lexists(pattern) else []
        return
    for place in (
        matching(folder) if _is_magic(folder) else [folder or ("/" if "/" in pattern else ".")]
    ):
        if not _is_magic(last):
            yield from matching(f"{place.rstrip('/')}/{last}")
            continue
        for name in _names(place):
            if fnmatch.fnmatchcase(name, last) and (name[0] != "." or last[0] == "."):
                yield f"{place.rstrip('/')}/{name}"


def _is_magic(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")


def _names(folder: str) -> list[str]:
    try:
        descriptor = open_unnoticed(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return []
    try:
        return sorted(os.listdir(descriptor))
    finally:
        os.close(descriptor)
