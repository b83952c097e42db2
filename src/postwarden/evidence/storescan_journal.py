"""What one part of a store covers, so that a scan can be resumed and the next one can take over.

A journal is JSON beside its part and is written last: a part without one was not finished.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b

from postwarden.durable.service import open_unnoticed, write_json

_SETTLED = 2_000_000_000  # nanoseconds after which a folder's time cannot hide another change


@dataclass(frozen=True, slots=True)
class CoveredMailbox:
    """One mailbox in a part.

    Attributes:
        account: whose it is.
        modified: time of its directory, nanoseconds; 0 where unknown.
        folders: times of cur and new by folder directory; None where they may hide a change.
    """

    account: str
    modified: int = 0
    folders: Mapping[str, tuple[int, int] | None] = field(default_factory=dict)

    def is_unchanged(self, path: str) -> bool:
        """Tell by times alone, without listing messages, whether it is as it was."""
        try:
            if os.stat(path).st_mtime_ns != self.modified and self._has_other_folders(path):
                return False
            return all(
                times is not None and times == _times(f"{path}/{directory}")
                for directory, times in self.folders.items()
            )
        except OSError:
            return False

    def _has_other_folders(self, path: str) -> bool:
        """Tell whether a folder appeared; one that is gone shows by its times."""
        descriptor = open_unnoticed(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            names = {name for name in os.listdir(descriptor) if name.startswith(".")}
        finally:
            os.close(descriptor)
        return any(any(_times(f"{path}/{name}")) for name in names - self.folders.keys())


def _times(folder: str) -> tuple[int, int]:
    return _time(f"{folder}/cur"), _time(f"{folder}/new")


def _time(path: str) -> int:
    try:
        return os.stat(path, follow_symlinks=False).st_mtime_ns
    except (FileNotFoundError, NotADirectoryError):
        return 0


def settled(times: tuple[int, int], began: int) -> tuple[int, int] | None:
    """Give times that prove a folder unchanged later; None when too near the scan's begin."""
    return times if max(times) < began - _SETTLED else None


@dataclass(frozen=True, slots=True)
class Journal:
    """One part's journal.

    Attributes:
        name: of the part, without its ending.
        mark: what was asked of each message; parts of another mark are not taken over.
        mailboxes: those covered, by path.
        rows: copies in the part.
        size: bytes of the messages.
        problems: whether there is a part of problems with the same name.
    """

    name: str
    mark: str
    mailboxes: Mapping[str, CoveredMailbox]
    rows: int
    size: int
    problems: bool

    def write(self, folder: str) -> None:
        """Make it durable in a snapshot."""
        write_json(journal_path(folder, self.name), asdict(self))

    @classmethod
    def read(cls, path: str) -> "Journal | None":
        """Read it; None when it is not a whole journal."""
        try:
            with open(path, encoding="utf-8") as stream:
                told = json.load(stream)
            covered = {
                path: CoveredMailbox(
                    one["account"],
                    one["modified"],
                    {
                        name: times and (times[0], times[1])
                        for name, times in one["folders"].items()
                    },
                )
                for path, one in told.pop("mailboxes").items()
            }
            return cls(mailboxes=covered, **told)
        except (ValueError, KeyError, TypeError):
            return None


def journal_path(folder: str, name: str) -> str:
    """Where a part's journal is."""
    return f"{folder}/copies/{name}.json"


def part_paths(folder: str, name: str) -> tuple[str, str]:
    """Where a part's copies and its problems are."""
    return f"{folder}/copies/{name}.parquet", f"{folder}/problems/{name}.parquet"


def prefix_of(store: str) -> str:
    """Begin of the names of a store's parts: different for each store, and safe in a path."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in store)
    short = blake2b(store.encode(), digest_size=4).hexdigest()
    return f"store-{plain[:40]}-{short}-"


def journals(folder: str, store: str) -> Iterator[Journal]:
    """Give the finished parts of a store in a snapshot, in order of name."""
    prefix = prefix_of(store)
    place = f"{folder}/copies"
    for file in sorted(os.listdir(place)) if os.path.isdir(place) else ():
        if file.startswith(prefix) and file.endswith(".json"):
            journal = Journal.read(f"{place}/{file}")
            if journal is not None:
                yield journal


def remove_unfinished(folder: str, store: str, finished: set[str]) -> None:
    """Remove what a crash left of a store's parts: everything without a journal."""
    prefix = prefix_of(store)
    for table in ("copies", "problems"):
        for file in os.listdir(f"{folder}/{table}"):
            if file.startswith(prefix) and file.partition(".")[0] not in finished:
                os.unlink(f"{folder}/{table}/{file}")
