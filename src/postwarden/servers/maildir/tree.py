"""The tree of a store's files, gone into level by level and through no symlink.

Users own what lies below the fixed beginning of a store's path, and may put a symlink in place of any
name there at any time. So nothing below it is reached by its path: each level is opened below the one
before (openat(2) with O_NOFOLLOW), and what is made, moved, given away or removed is named by the folder's
descriptor and one name.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import ELOOP

from postwarden.relocation.service import PermanentRouteError, TemporaryRouteError
from postwarden.sources.service import WholeMessage, read_whole

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_WAY = os.O_PATH | _FOLDER  # needs no right to list what is only gone through
_LISTED = os.O_RDONLY | _FOLDER
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Tree:
    """Reaches absolute paths below a folder that the provider alone can change.

    Methods raise `OSError`; where a level is no folder, or a symlink, `NotADirectoryError`.
    """

    def __init__(self, fixed: str) -> None:
        """Bind it to the fixed folder, which itself may be reached through symlinks."""
        self.fixed = fixed

    @contextmanager
    def inside(self, path: str, flags: int = _WAY) -> Iterator[int]:
        """Give a folder's descriptor; it serves as `dir_fd` alone.

        Raises:
            TemporaryRouteError: the path is not below the fixed folder.
            PermanentRouteError: it leads out of it again.
        """
        levels = self._levels(path)
        descriptor = os.open(self.fixed, (_WAY if levels else flags) & ~os.O_NOFOLLOW)
        try:
            for number, level in enumerate(levels, 1):
                inner = enter(level, descriptor, flags if number == len(levels) else _WAY)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def listed(self, path: str) -> Iterator[int]:
        """Give a folder's descriptor, for listing and syncing, too."""
        with self.inside(path, _LISTED) as descriptor:
            yield descriptor

    @contextmanager
    def holding(self, path: str) -> Iterator[tuple[int, str]]:
        """Give the descriptor of the folder that holds a path, and the path's name in it."""
        with self.inside(os.path.dirname(path)) as descriptor:
            yield descriptor, os.path.basename(path)

    def status(self, path: str) -> os.stat_result | None:
        """Give what lies there, a symlink as such; None where nothing does."""
        try:
            with self.holding(path) as (folder, name):
                return os.stat(name, dir_fd=folder, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def is_folder(self, path: str) -> bool:
        """Tell whether a folder is there."""
        status = self.status(path)
        return status is not None and stat.S_ISDIR(status.st_mode)

    def names(self, path: str) -> list[str]:
        """List a folder."""
        with self.listed(path) as folder:
            return os.listdir(folder)

    def folders(self, path: str) -> list[str]:
        """List the folders in a folder."""
        with self.listed(path) as folder, os.scandir(folder) as entries:
            return [one.name for one in entries if one.is_dir(follow_symlinks=False)]

    def sync(self, path: str) -> None:
        """Make names in a folder durable."""
        with self.listed(path) as folder:
            os.fsync(folder)

    def message(self, path: str) -> WholeMessage:
        """Read a message; `FileNotFoundError` where no regular file has the name."""
        try:
            with self.holding(path) as (folder, name):
                return read_whole(name, folder)
        except NotADirectoryError as error:
            raise FileNotFoundError(path) from error
        except OSError as error:
            if error.errno == ELOOP:
                raise FileNotFoundError(path) from error
            raise

    def start(self, path: str, most: int) -> bytes:
        """Read a small file; a symlink is taken for an empty one, and so is none."""
        try:
            with self.holding(path) as (folder, name):
                descriptor = os.open(name, _FILE, dir_fd=folder)
        except FileNotFoundError:
            return b""
        except OSError as error:
            if error.errno == ELOOP:
                return b""
            raise
        with open(descriptor, "rb") as file:
            return file.read(most)

    def unlink(self, path: str) -> bool:
        """Remove a file; False where it is not there."""
        try:
            with self.holding(path) as (folder, name):
                os.unlink(name, dir_fd=folder)
        except (FileNotFoundError, NotADirectoryError):
            return False
        return True

    def rename(self, source: str, target: str) -> None:
        """Move what has a name to another one."""
        with self.holding(source) as (folder, name), self.holding(target) as (other, there):
            os.rename(name, there, src_dir_fd=folder, dst_dir_fd=other)

    def _levels(self, path: str) -> list[str]:
        above = self.fixed.rstrip("/") + "/"
        if not f"{path}/".startswith(above):
            raise TemporaryRouteError("a mailbox of the plan is not in its store any more")
        levels = [level for level in path[len(above) :].split("/") if level not in {"", "."}]
        if ".." in levels:
            raise PermanentRouteError("a path leads out of its store")
        return levels


def enter(name: str, folder: int, flags: int = _LISTED) -> int:
    """Open a folder in a folder; `NotADirectoryError` for a symlink."""
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as error:
        if error.errno == ELOOP:
            raise NotADirectoryError(name) from error
        raise


def remove_all(name: str, folder: int) -> bool:
    """Remove a file, or a folder with all that is in it, where it is there; tell whether it was a file."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    except IsADirectoryError:
        with suppress(FileNotFoundError):
            shutil.rmtree(name, dir_fd=folder)
        return False
    return True
