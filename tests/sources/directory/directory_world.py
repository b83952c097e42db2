"""Small directories, written as text, for the tests of this folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from postwarden.sources.directory.lookup import EntryLookup
from postwarden.sources.directory.reading import read_entries
from postwarden.sources.directory.resolution import Resolution
from postwarden.sources.directory.resolver import Resolver
from postwarden.sources.records import EntryRecord, ProblemRecord
from postwarden.sources.settings import DirectorySettings, TableSettings
from postwarden.vocabulary import Provider

DOMAINS = frozenset({"example.net", "second.example"})
PROVIDER = Provider("Example Mail", DOMAINS, frozenset({"mx1.example.net"}))


def read_table(
    folder: Path, form: str, content: str | bytes, role: str = "aliases", name: str = "table"
) -> tuple[list[EntryRecord], list[ProblemRecord]]:
    """Write one table, read it back, and give its entries and its problems."""
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    table = TableSettings(form, path=str(folder / name))
    tables = {"accounts": (), role: (table,)}
    found = list(read_entries([DirectorySettings(**tables)], {}, str(folder)))
    entries = [one for one in found if isinstance(one, EntryRecord)]
    return entries, [one for one in found if isinstance(one, ProblemRecord)]


def pairs(entries: Sequence[EntryRecord]) -> list[tuple[str, list[str]]]:
    return [(entry.key, entry.values.split("\n")) for entry in entries]


def resolver(
    folder: Path,
    *,
    users: str = "",
    aliases: Sequence[tuple[str, str]] = (),
    canonical: Sequence[tuple[str, str]] = (),
    bcc: Sequence[tuple[str, str]] = (),
    domain_aliases: Mapping[str, str] | None = None,
    provider: Provider = PROVIDER,
) -> Resolver:
    """Build a resolver from tables given as (format, text) and accounts separated by spaces."""
    settings = DirectorySettings(
        accounts=_tables(folder, "accounts", [("csv", "\n".join(users.split()))]),
        aliases=_tables(folder, "aliases", aliases),
        canonical=_tables(folder, "canonical", canonical),
        bcc=_tables(folder, "bcc", bcc),
        domain_aliases=tuple((domain_aliases or {}).items()),
    )
    entries = list(read_entries([settings], {}, str(folder)))
    assert all(isinstance(entry, EntryRecord) for entry in entries), entries
    return of_entries(entries, provider)


def of_entries(entries: Sequence[EntryRecord], provider: Provider = PROVIDER) -> Resolver:
    regexps = [entry for entry in entries if entry.kind == "regexp"]
    return Resolver(provider, "example.net", EntryLookup(entries), regexps)


def ask(asked: Resolver, address: str) -> Resolution:
    return asked.resolve([address])[address]


def _tables(
    folder: Path, role: str, tables: Sequence[tuple[str, str]]
) -> tuple[TableSettings, ...]:
    settings = []
    for place, (form, text) in enumerate(tables):
        path = folder / f"{role}.{place}"
        path.write_text(text + "\n")
        settings.append(TableSettings(form, path=str(path)))
    return tuple(settings)


def read_all(
    folder: Path, formats: Mapping[str, Sequence[tuple[str, str]]]
) -> list[EntryRecord | ProblemRecord]:
    """Read tables that are there already, given as (format, name) for each role."""
    tables = {
        role: tuple(TableSettings(form, path=str(folder / name)) for form, name in some)
        for role, some in formats.items()
    }
    return list(read_entries([DirectorySettings(**{"accounts": (), **tables})], {}, str(folder)))
