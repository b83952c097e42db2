"""Another address map in the place of the configured table it is like: what it would change."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from postwarden.configuration import Configuration
from postwarden.evidence.service import Engine
from postwarden.opened import opened
from postwarden.sources.service import (
    DirectorySettings,
    EntryRecord,
    TableSettings,
    read_entries,
)
from postwarden.verdicts.service import Change, changes, keys_of, replaced, resolver_of
from postwarden.vocabulary import PostwardenError, said
from postwarden.wiring import sources


class MapError(PostwardenError):
    """The map cannot be read, or it is not known which table it stands for."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The newest directory as intended and with other maps in it.

    Attributes:
        intended: its entries.
        other: the entries with each map in its table's place.
    """

    intended: list[EntryRecord]
    other: list[EntryRecord]

    def changes(self, configuration: Configuration, observed: Sequence[str] = ()) -> list[Change]:
        """Give the addresses that the maps lead elsewhere; `observed` adds those a pattern hides."""
        provider, home = configuration.provider, configuration.home_domain
        before = resolver_of(provider, home, self.intended)
        after = resolver_of(provider, home, self.other)
        keys = keys_of(self.intended) | keys_of(self.other) | set(observed)
        return changes(before, after, keys)

    def accounts(self) -> int:
        """How many accounts the directory has."""
        return len({entry.values for entry in self.intended if entry.role == "account"})


def compare(
    configuration: Configuration, intended: list[EntryRecord], paths: Sequence[str]
) -> Comparison:
    """Put the maps into the places of the tables they are like; raise `MapError`."""
    other = intended
    for path in paths:
        table = _table_like(configuration, path)
        instead_of = os.path.relpath(table.path or "", configuration.base)
        other = replaced(other, instead_of, _read(configuration, table, path))
    return Comparison(intended, other)


class Foreseen(NamedTuple):
    """What a new map would change of the deliveries that there were.

    Attributes:
        snapshot: that was asked, by name.
        found: each change with the deliveries it would have been for; most of them first.
        others: changes that are not for the reader.
    """

    snapshot: str
    found: list[tuple[Change, int]]
    others: int = 0

    def seen(self, there: frozenset[str] | None, of: Callable[[str], str]) -> "Foreseen":
        """Give what concerns these organisations alone; None: all of them. Others are counted.

        Args:
            there: their names.
            of: gives the organisation that answers for an address or account.
        """
        if there is None:
            return self
        mine = [
            (change, count)
            for change, count in self.found
            if {of(one) for one in (change.address, *change.lost, *change.gained)} <= there
        ]
        return Foreseen(self.snapshot, mine, len(self.found) - len(mine))


def preflight(configuration: Configuration, path: str, days: int, snapshot: str | None) -> Foreseen:
    """Say which deliveries of the last days that the logs cover would have gone elsewhere by a new map.

    Args:
        configuration: of the installation.
        path: of the map.
        days: to look at.
        snapshot: by name; None: the newest.

    Raises:
        MapError: the map cannot be read, or it is not known which table it stands for.
        EvidenceError: there is no such snapshot, or it is damaged.
    """
    with opened(configuration, snapshot) as evidence:
        comparison = compare(configuration, kept_entries(evidence.engine, configuration), [path])
        counts = evidence.recent_originals(days)
        changed = comparison.changes(configuration, tuple(counts))
    found = [(change, counts[change.address]) for change in changed if change.address in counts]
    found.sort(key=lambda pair: (-pair[1], pair[0].address))
    return Foreseen(evidence.manifest.name, found)


def alias_tables(configuration: Configuration) -> list[str]:
    """Give the files of the newest directory that a map can stand for, as they are configured."""
    tables = (table.path for table in configuration.directories[-1].aliases)
    return [path for path in tables if path]


def concerned(configuration: Configuration, paths: Sequence[str]) -> set[str]:
    """Give the accounts that the maps could concern, by the directory as it is; raise `MapError`.

    Addresses that only a pattern matches are not known before the logs are read.
    """
    newest = configuration.directories[-1]
    records = read_entries([newest], sources(configuration).tables, configuration.base)
    entries = [record for record in records if isinstance(record, EntryRecord)]
    changed = compare(configuration, entries, paths).changes(configuration)
    found = {account for change in changed for account in (*change.gained, *change.lost)}
    if not found:
        raise MapError(
            said(
                "{paths}: leads no address elsewhere; there is nothing to scan",
                paths=", ".join(paths),
            )
        )
    return found


def kept_entries(engine: Engine, configuration: Configuration) -> list[EntryRecord]:
    """Give the newest directory's entries from a snapshot."""
    entries = engine.tables["entries"]
    own = entries.filter(entries.directory == len(configuration.directories) - 1)
    return list(engine.records(own.order_by("role", "table", "file", "line"), EntryRecord))


def _read(configuration: Configuration, table: TableSettings, path: str) -> list[EntryRecord]:
    if not os.path.isfile(path):
        raise MapError(said("{path}: there is no such map", path=path))
    settings = TableSettings(format=table.format, path=os.path.abspath(path))
    directory = DirectorySettings(accounts=(), aliases=(settings,))
    records = list(read_entries([directory], {}, configuration.base))
    found = [record for record in records if isinstance(record, EntryRecord)]
    if not found:
        raise MapError(
            said("{path}: holds no line of the format {format}", path=path, format=table.format)
        )
    return found


def _table_like(configuration: Configuration, path: str) -> TableSettings:
    """Choose the configured alias table that a map stands for: the one its name begins with."""
    tables = [table for table in configuration.directories[-1].aliases if table.path]
    name = os.path.basename(path)
    named = [t for t in tables if name.startswith(os.path.basename(t.path or "").split(".")[0])]
    exact = [t for t in named if name.startswith(os.path.basename(t.path or ""))]
    candidates = exact or named or tables
    if not candidates:
        raise MapError(
            said(
                "{path}: the newest [[directories]] has no alias table in a file that it could"
                " replace",
                path=path,
            )
        )
    if len(candidates) > 1 and not exact:
        names = ", ".join(os.path.basename(t.path or "") for t in candidates)
        raise MapError(
            said(
                "{path}: could stand for {names}; name it like the one it replaces",
                path=path,
                names=names,
            )
        )
    return max(candidates, key=lambda t: len(os.path.basename(t.path or "")))
