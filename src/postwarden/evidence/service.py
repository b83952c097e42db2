"""The one door of this room: what other rooms may use of it."""

# COLLECT
from postwarden.evidence.comparison import absences
from postwarden.evidence.directories import directory_lookups
from postwarden.evidence.engine import Engine
from postwarden.evidence.errors import BrokenSnapshot, EvidenceError, NoSnapshot, SnapshotBusy
from postwarden.evidence.manifest import Manifest, Part, Validity
from postwarden.evidence.settings import EvidenceSettings, Scope
from postwarden.evidence.snapshots import check_parts, expire, finished, latest

__all__ = [
    "BrokenSnapshot",
    "Engine",
    "EvidenceError",
    "EvidenceSettings",
    "Manifest",
    "NoSnapshot",
    "Part",
    "Scope",
    "SnapshotBusy",
    "Validity",
    "absences",
    "check_parts",
    "directory_lookups",
    "expire",
    "finished",
    "latest",
]
