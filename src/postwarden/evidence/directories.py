"""The address directory as kept in a snapshot: in memory when small, in the engine when not."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa

from postwarden.evidence.engine import Engine
from postwarden.sources.service import EntryLookup, EntryRecord, Lookup

IN_MEMORY = 1_000_000
"""Directories with more entries than this are looked up in the engine."""


class EngineLookup:
    """A `Lookup` over one directory's entries in the engine; each call is one query."""

    def __init__(self, engine: Engine, directory: int) -> None:
        self._engine = engine
        self._directory = directory

    def find(self, role: str, keys: Collection[str]) -> Mapping[str, Sequence[EntryRecord]]:
        """Give the entries of the keys that have any, in the order they were read."""
        entries = self._engine.tables["entries"]
        own = entries.filter(
            entries.directory == self._directory, entries.role == role, entries.kind != "regexp"
        )
        wanted = self._engine.given({"key": pa.string()}, [(key,) for key in sorted(keys)])
        rows = own.semi_join(wanted, "key").order_by("table", "file", "line")
        found: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in self._engine.records(rows, EntryRecord):
            found[entry.key].append(entry)
        return found


def directory_lookups(engine: Engine, count: int) -> list[tuple[Lookup, list[EntryRecord]]]:
    """Give, for each directory by index, its literal entries and its expressions."""
    entries = engine.tables["entries"]
    found: list[tuple[Lookup, list[EntryRecord]]] = []
    for index in range(count):
        own = entries.filter(entries.directory == index)
        expressions = own.filter(own.kind == "regexp").order_by("role", "table", "file", "line")
        lookup: Lookup = EngineLookup(engine, index)
        if engine.count(own) <= IN_MEMORY:
            ordered = own.order_by("role", "table", "file", "line")
            lookup = EntryLookup(engine.records(ordered, EntryRecord))
        found.append((lookup, list(engine.records(expressions, EntryRecord))))
    return found
