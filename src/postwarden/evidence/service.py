"""The one door of this room: what other rooms may use of it."""

from postwarden.evidence.collection import Progress, Sources, take
from postwarden.evidence.comparison import absences
from postwarden.evidence.compiling import remembered
from postwarden.evidence.directories import directory_lookups
from postwarden.evidence.engine import Engine, identity
from postwarden.evidence.errors import BrokenSnapshot, EvidenceError, NoSnapshot, SnapshotBusy
from postwarden.evidence.holders import accounts_of
from postwarden.evidence.mailboxes import Mailboxes
from postwarden.evidence.manifest import Manifest, Part, Validity
from postwarden.evidence.merging import merge
from postwarden.evidence.reading import (
    Addresses,
    Copies,
    Coverage,
    addresses_of,
    copies_of,
    coverage_of,
)
from postwarden.evidence.settings import EvidenceSettings, Scope
from postwarden.evidence.snapshots import check, check_parts, expire, finished, latest
from postwarden.evidence.stored import Stored, stored

__all__ = [
    "Addresses",
    "BrokenSnapshot",
    "Copies",
    "Coverage",
    "Engine",
    "EvidenceError",
    "EvidenceSettings",
    "Mailboxes",
    "Manifest",
    "NoSnapshot",
    "Part",
    "Progress",
    "Scope",
    "SnapshotBusy",
    "Sources",
    "Stored",
    "Validity",
    "absences",
    "accounts_of",
    "addresses_of",
    "check",
    "check_parts",
    "copies_of",
    "coverage_of",
    "directory_lookups",
    "expire",
    "finished",
    "identity",
    "latest",
    "merge",
    "remembered",
    "stored",
    "take",
]
