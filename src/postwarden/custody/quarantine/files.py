"""Objects as files: PATH/CASE/ab/NAME.age, folders mode 0700, files 0600, or as their group shares them."""

import os
import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from hashlib import sha256

from postwarden.custody.quarantine.values import Stored
from postwarden.durable.service import PARTIAL, folder_mode, sync_folder

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_SUFFIX = ".age"


class Files:
    """The folder of the quarantine."""

    def __init__(self, path: str) -> None:
        self._path = path

    def place(self, case: str, name: str) -> str:
        """Give the path of an object."""
        return os.path.join(self._path, place_below(case, name))

    def make_folders(self, case: str, names: Collection[str]) -> None:
        """Make the folders of objects where they lack; they stay once this returns."""
        folder = os.path.join(self._path, _safe(case))
        below = sorted({os.path.join(folder, name[:2]) for name in names})
        for one in (self._path, folder, *below):
            try:
                os.mkdir(one, folder_mode(os.path.dirname(one)))
            except FileExistsError:
                continue
        for one in (os.path.dirname(self._path), self._path, folder):
            sync_folder(one)  # also those made before a crash, which synced nothing

    def whole(self, case: str, stored: Stored) -> bool:
        """Tell whether an object lies there as it was stored."""
        try:
            data = self.read(case, stored.name)
        except FileNotFoundError:
            return False
        return len(data) == stored.size and sha256(data).hexdigest() == stored.sha256

    def is_there(self, case: str, name: str) -> bool:
        """Tell whether an object has a file, whatever it holds."""
        return os.path.lexists(self.place(case, name))

    def read(self, case: str, name: str) -> bytes:
        """Give the encrypted bytes of an object."""
        with open(self.place(case, name), "rb") as stream:
            return stream.read()

    def remove(self, case: str, names: Collection[str]) -> None:
        """Remove objects, those that are there; they stay away once this returns."""
        folders = set()
        for name in names:
            place = self.place(case, name)
            with suppress(FileNotFoundError):
                os.unlink(place)
            if os.path.isdir(os.path.dirname(place)):
                folders.add(os.path.dirname(place))
        for folder in sorted(folders):
            sync_folder(folder)

    def every(self) -> Iterator[str]:
        """Give the path of each file there is, below the quarantine's folder."""
        for folder, below, names in os.walk(self._path):
            below.sort()
            within = os.path.relpath(folder, self._path)
            yield from (os.path.normpath(os.path.join(within, name)) for name in sorted(names))

    def clear_partial(self, before: float) -> None:
        """Remove what a killed process left half written, last changed before this time (s, epoch)."""
        for below in self.every():
            place = os.path.join(self._path, below)
            with suppress(FileNotFoundError):  # the block that wrote it has ended meanwhile
                if below.endswith(PARTIAL) and os.stat(place).st_mtime < before:
                    os.unlink(place)


def place_below(case: str, name: str) -> str:
    """Give the path of an object below the quarantine's folder."""
    return os.path.join(_safe(case), name[:2], f"{name}{_SUFFIX}")


def _safe(case: str) -> str:
    if not _SAFE.fullmatch(case):
        raise ValueError(f"{case!r} names no case")
    return case
