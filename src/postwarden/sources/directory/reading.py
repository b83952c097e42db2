"""Reading of whole directories: every table of every role, in the servers' order of look-up."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence

from postwarden.sources.directory.aliases import read_aliases
from postwarden.sources.directory.comma_separated import read_csv
from postwarden.sources.directory.dovecot_passwd import read_passwd
from postwarden.sources.directory.files import Source
from postwarden.sources.directory.postfix_regexp import read_regexp
from postwarden.sources.directory.postfix_virtual import read_virtual
from postwarden.sources.directory.queried import read_queried, shown_url
from postwarden.sources.directory.rows import Row, Rows
from postwarden.sources.directory.values import whole_domain
from postwarden.sources.ports import TableServer
from postwarden.sources.records import EntryRecord, ProblemRecord
from postwarden.sources.settings import DirectorySettings, TableSettings

_SQLITE = "sqlite:///"
_READERS: dict[str, Callable[[Source], Rows]] = {
    "dovecot-passwd": read_passwd,
    "postfix-virtual": read_virtual,
    "postfix-regexp": read_regexp,
    "aliases": read_aliases,
    "csv": read_csv,
}


def read_entries(
    directories: Sequence[DirectorySettings], servers: Mapping[str, TableServer], base: str
) -> Iterator[EntryRecord | ProblemRecord]:
    """Read every table of every directory; what cannot be read becomes a problem and stops nothing.

    Args:
        directories: as configured; their index is `EntryRecord.directory`.
        servers: who answers tables of the formats "sql" and "ldap".
        base: folder of the configuration file; cited paths are relative to it.
    """
    for index, directory in enumerate(directories):
        for table, (alias, target) in enumerate(directory.domain_aliases):
            key, value = whole_domain(alias)[1:], whole_domain(target)[1:]
            yield EntryRecord(index, "domain", table, "literal", key, value, "", 0)
        roles = (
            ("account", directory.accounts),
            ("alias", directory.aliases),
            ("canonical", directory.canonical),
            ("bcc", directory.bcc),
        )
        for role, tables in roles:
            for place, table_settings in enumerate(tables):
                source = _source(table_settings, base)
                for row in _rows(source, table_settings, servers):
                    if isinstance(row, ProblemRecord):
                        yield row
                    else:
                        yield _entry(index, role, place, row, source.shown)


def _source(table: TableSettings, base: str) -> Source:
    url = table.url or ""
    if table.path is None and not url.startswith(_SQLITE):
        return Source("", shown_url(url) or table.format)
    path = os.path.join(base, table.path or url.removeprefix(_SQLITE))
    return Source(path, os.path.relpath(path, base))


def _rows(source: Source, table: TableSettings, servers: Mapping[str, TableServer]) -> Rows:
    reader = _READERS.get(table.format)
    if reader is not None:
        yield from reader(source)
    elif table.format in servers:
        yield from read_queried(source, table, servers[table.format])
    else:
        yield source.problem(
            "unreadable-table", f"there is no reader for the format {table.format!r}"
        )


def _entry(directory: int, role: str, table: int, row: Row, file: str) -> EntryRecord:
    values = row.values
    if role == "account":
        values = values[:1] if "/" not in values[0] else (row.key,)
    return EntryRecord(directory, role, table, row.kind, row.key, "\n".join(values), file, row.line)
