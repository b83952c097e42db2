"""Whole-file writes that survive a crash (POSIX rename(2), link(2), fsync(2))."""

import json
import os
import stat
from contextlib import suppress


def file_mode(folder: str) -> int:
    """Give the mode of a new file: 0600, and for the group what a folder gives it that hands it down.

    A folder that is setgid says that users of its group share what is in it, as the console and the worker
    do; inode(7). The process's umask still takes away.

    Raises:
        OSError: there is no such folder.
    """
    mode = os.stat(folder or ".").st_mode
    return 0o600 | (mode & 0o060 if mode & stat.S_ISGID else 0)


def folder_mode(above: str) -> int:
    """Give the mode of a new folder: 0700, and for the group as `file_mode`; raise OSError."""
    mode = os.stat(above or ".").st_mode
    return 0o700 | (mode & 0o070 if mode & stat.S_ISGID else 0)


def make_folder(path: str) -> None:
    """Make a folder of our own, mode 0700, and for the group as `file_mode`; one that is there stays as it is.

    Raises:
        OSError: it, or one above it, cannot be made.
    """
    if os.path.isdir(path):
        return
    above = os.path.dirname(path) or "."
    if not os.path.lexists(above):
        make_folder(above)
    try:
        os.mkdir(path, folder_mode(above))
    except FileExistsError:
        if not os.path.isdir(path):  # it is no folder that another process made meanwhile
            raise


def replace_bytes(path: str, data: bytes) -> None:
    """Put a file in place of an older one, or where none was; with `file_mode` where it is new.

    Crash promise: the path names the old file or the whole new one; once this returns, the new one,
    also after a power cut. A leftover `.partial` beside it is overwritten by the next call.

    Raises:
        OSError: nothing was replaced (disk full, no permission).
    """
    partial = f"{path}.partial"
    try:
        write_synced(partial, data)
        os.rename(partial, path)
    except OSError:
        with suppress(OSError):
            os.unlink(partial)
        raise
    sync_folder(os.path.dirname(path))


def replace_text(path: str, text: str) -> None:
    """As `replace_bytes`, for text in UTF-8."""
    replace_bytes(path, text.encode())


def write_json(path: str, document: object) -> None:
    """As `replace_bytes`, for a JSON document; equal documents give equal bytes."""
    replace_text(path, json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n")


def create_text(path: str, text: str) -> None:
    """Make a file that must not exist yet; with `file_mode`.

    Crash promise: of several callers one succeeds; the file is whole from the moment it has its
    name, and stays once this returns.

    Raises:
        FileExistsError: it exists; nothing was changed.
        OSError: nothing was made.
    """
    partial = f"{path}.{os.getpid()}.partial"
    try:
        write_synced(partial, text.encode())
        os.link(partial, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(partial)
    sync_folder(os.path.dirname(path))


def link_file(source: str, target: str) -> None:
    """Give a finished file a second name without copying, or copy it to another file system.

    Crash promise: the target is absent or whole; it stays once `sync_folder` of its folder
    returned. Neither name may be written in place afterwards.

    Raises:
        FileExistsError: the target exists.
        OSError: nothing was made.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        if os.path.exists(target):
            raise
        with open(source, "rb") as stream:
            replace_bytes(target, stream.read())


def sync_folder(path: str) -> None:
    """Make names in a folder durable: what was made, renamed or removed in it before stays so."""
    descriptor = os.open(path or ".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: str, data: bytes) -> None:
    """Write a file in place, with `file_mode` where it is new; for names that nobody looks for.

    Crash promise: none until it returns; then the bytes are on the disk, the name may not be.

    Raises:
        OSError: nobody knows which bytes are on the disk; throw the file away.
    """
    descriptor = begin_file(path, data)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def begin_file(path: str, data: bytes) -> int:
    """Write a file in place, with `file_mode` where it is new, and give its descriptor: to be synced and closed.

    Crash promise: none until `os.fsync` of it returned.

    Raises:
        OSError: nobody knows which bytes were written; nothing is left open.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    descriptor = os.open(path, flags, file_mode(os.path.dirname(path)))
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BaseException:  # whatever ended it, the descriptor is not left open
        os.close(descriptor)
        raise
    return descriptor
