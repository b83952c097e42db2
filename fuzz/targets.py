"""What is fuzzed: each target takes any bytes and must return, whatever they are."""

import os
import tempfile
from collections.abc import Callable, Mapping

from postwarden.sources.citing import masked
from postwarden.sources.directory.lookup import EntryLookup
from postwarden.sources.directory.reading import read_entries
from postwarden.sources.directory.resolver import Resolver
from postwarden.sources.headers.facts import header_facts
from postwarden.sources.headers.hops import parse_trace
from postwarden.sources.logs.reading import read_set
from postwarden.sources.maildir.names import folder_name, stated_size
from postwarden.sources.maildir.uidlist import read_keywords, read_uidlist
from postwarden.sources.records import EntryRecord
from postwarden.sources.settings import DirectorySettings, LogSettings, TableSettings
from postwarden.vocabulary import Provider

PROVIDER = Provider(
    "Example Mail",
    frozenset({"example.test"}),
    hosts=frozenset({"mx1.example.test"}),
    timezone="Europe/Amsterdam",
)
NOW = 1_795_305_600_000_000
_FOLDER = tempfile.mkdtemp(
    prefix="postwarden-fuzz-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None
)
_FILE = os.path.join(_FOLDER, "input")

Target = Callable[[bytes], None]


def _written(data: bytes) -> str:
    with open(_FILE, "wb") as stream:
        stream.write(data)
    return _FILE


def headers(data: bytes) -> None:
    """Header facts with the trust boundary, and the stored trace read back."""
    facts = header_facts(data, PROVIDER.hosts, whole=True)
    if facts is not None:
        parse_trace(facts.trace.trace)


def _log(kind: str) -> Target:
    def read(data: bytes) -> None:
        settings = LogSettings(kind, _written(data), None, 2026)
        for _ in read_set(settings, PROVIDER, _FOLDER, now=NOW):
            pass

    return read


def _table(kind: str) -> Target:
    def read(data: bytes) -> None:
        table = TableSettings(format=kind, path=_written(data))
        directory = DirectorySettings(accounts=(), aliases=(table,))
        entries = [
            record
            for record in read_entries([directory], {}, _FOLDER)
            if isinstance(record, EntryRecord)
        ]
        expressions = [entry for entry in entries if entry.kind == "regexp"]
        resolver = Resolver(PROVIDER, "example.test", EntryLookup(entries), expressions)
        resolver.resolve({"info@example.test", *(entry.key for entry in entries[:20])})

    return read


def names(data: bytes) -> None:
    """Names of Maildir files and folders, UID lists and keywords."""
    text = data.decode("utf-8", "surrogateescape")
    stated_size(text)
    folder_name(f".{text}", "/")
    read_uidlist(text)
    read_keywords(text)


def citing(data: bytes) -> None:
    """Masking of cited lines."""
    masked(data.decode("utf-8", "replace"))


TARGETS: Mapping[str, Target] = {
    "headers": headers,
    "names": names,
    "citing": citing,
    **{kind: _log(kind) for kind in ("postfix", "journald", "dovecot", "dovecot-events")},
    **{
        kind: _table(kind)
        for kind in ("postfix-virtual", "postfix-regexp", "aliases", "dovecot-passwd", "csv")
    },
}
