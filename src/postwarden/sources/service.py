"""The one door of this room: what other rooms may use of it."""

from postwarden.sources.citing import cited_line
from postwarden.sources.directory.closure import closure
from postwarden.sources.directory.lookup import EntryLookup, Lookup
from postwarden.sources.directory.reading import read_entries
from postwarden.sources.directory.resolution import Resolution, Step
from postwarden.sources.directory.resolver import Resolver
from postwarden.sources.doveadm import header_hashes, read_server_mailbox, server_mailboxes
from postwarden.sources.errors import (
    AmbiguousSourceError,
    PermanentSourceError,
    SourceError,
    TemporarySourceError,
)
from postwarden.sources.headers.hops import Hop, parse_trace
from postwarden.sources.logs.reading import read_logs
from postwarden.sources.maildir.mailbox import (
    NOTHING_KNOWN,
    FolderScan,
    Known,
    KnownFolder,
    ReadOptions,
    read_mailbox,
    scan_mailbox,
)
from postwarden.sources.maildir.names import directory_name, folder_name
from postwarden.sources.maildir.template import Mailbox, mailboxes
from postwarden.sources.maildir.whole import (
    WholeMessage,
    header_hash,
    named_flags,
    read_whole,
)
from postwarden.sources.ports import MailServer, TableServer
from postwarden.sources.records import (
    AccessRecord,
    CopyRecord,
    DeliveryRecord,
    DirectoryRecord,
    EntryRecord,
    GapRecord,
    MailboxRecord,
    ProblemRecord,
    SpanRecord,
)
from postwarden.sources.settings import (
    DirectorySettings,
    LogSettings,
    StoreSettings,
    TableSettings,
)

__all__ = [
    "NOTHING_KNOWN",
    "AccessRecord",
    "AmbiguousSourceError",
    "CopyRecord",
    "DeliveryRecord",
    "DirectoryRecord",
    "DirectorySettings",
    "EntryLookup",
    "EntryRecord",
    "FolderScan",
    "GapRecord",
    "Hop",
    "Known",
    "KnownFolder",
    "LogSettings",
    "Lookup",
    "MailServer",
    "Mailbox",
    "MailboxRecord",
    "PermanentSourceError",
    "ProblemRecord",
    "ReadOptions",
    "Resolution",
    "Resolver",
    "SourceError",
    "SpanRecord",
    "Step",
    "StoreSettings",
    "TableServer",
    "TableSettings",
    "TemporarySourceError",
    "WholeMessage",
    "cited_line",
    "closure",
    "directory_name",
    "folder_name",
    "header_hash",
    "header_hashes",
    "mailboxes",
    "named_flags",
    "parse_trace",
    "read_entries",
    "read_logs",
    "read_mailbox",
    "read_server_mailbox",
    "read_whole",
    "scan_mailbox",
    "server_mailboxes",
]
