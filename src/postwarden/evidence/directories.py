"""The address directory as kept in a snapshot: in memory when small, in the engine when not."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import ibis.expr.types as ir

from postwarden.evidence.engine import Engine
from postwarden.sources.service import EntryLookup, EntryRecord, Lookup

IN_MEMORY = 1_000_000
"""Directories with more entries than this are looked up in the engine."""


HELD = 100_000
"""Of larger directories, roles with at most so many entries are held in memory all the same."""


class EngineLookup:
    """A `Lookup` over one directory's entries in the engine; each call is one query at most.

    Roles with few entries (domains, canonical addresses) are held in memory when first asked for.
    """

    def __init__(self, engine: Engine, directory: int) -> None:
        self._engine = engine
        self._directory = directory
        self._held: dict[str, EntryLookup | None] = {}

    def find(self, role: str, keys: Collection[str]) -> Mapping[str, Sequence[EntryRecord]]:
        """Give the entries of the keys that have any, in the order they were read."""
        if not keys:
            return {}
        if role not in self._held:
            self._held[role] = self._hold(role)
        held = self._held[role]
        if held is not None:
            return held.find(role, keys)
        wanted = self._engine.named("key", sorted(set(keys)))
        rows = self._of(role).semi_join(wanted, "key").order_by("table", "file", "line")
        found: defaultdict[str, list[EntryRecord]] = defaultdict(list)
        for entry in self._engine.records(rows, EntryRecord):
            found[entry.key].append(entry)
        return found

    def _of(self, role: str) -> ir.Table:
        entries = self._engine.tables["entries"]
        return entries.filter(
            entries.directory == self._directory, entries.role == role, entries.kind != "regexp"
        )

    def _hold(self, role: str) -> EntryLookup | None:
        own = self._of(role)
        if self._engine.count(own) > HELD:
            return None
        return EntryLookup(self._engine.records(own.order_by("table", "file", "line"), EntryRecord))


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
