"""Where the resolver finds literal entries: in memory here, in a database elsewhere."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from postwarden.sources.records import EntryRecord


class Lookup(Protocol):
    """The entries of one directory that are not expressions."""

    def find(self, role: str, keys: Collection[str]) -> Mapping[str, Sequence[EntryRecord]]:
        """Give the entries of the keys that have any, in the order they were read.

        Args:
            role: "account", "alias", "canonical", "bcc" or "domain".
            keys: as `EntryRecord.key`.
        """


class EntryLookup:
    """A `Lookup` over entries held in memory; expressions among them are left out."""

    def __init__(self, entries: Iterable[EntryRecord]) -> None:
        self._found: dict[tuple[str, str], list[EntryRecord]] = {}
        for entry in entries:
            if entry.kind != "regexp":
                self._found.setdefault((entry.role, entry.key), []).append(entry)

    def find(self, role: str, keys: Collection[str]) -> Mapping[str, Sequence[EntryRecord]]:
        """Give the entries of the keys that have any."""
        return {key: self._found[role, key] for key in keys if (role, key) in self._found}
