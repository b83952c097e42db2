"""What can go wrong with evidence.

EvidenceError
├── NoSnapshot        there is none, or none of that name
├── BrokenSnapshot    a part is missing, or is not the part that the manifest names
└── SnapshotBusy      another process writes it
"""

from postwarden.vocabulary import PostwardenError


class EvidenceError(PostwardenError):
    """Evidence cannot be taken or read; the text says what was kept and what to do."""


class NoSnapshot(EvidenceError):
    """There is no such snapshot."""


class BrokenSnapshot(EvidenceError):
    """A snapshot is not what its manifest says."""


class SnapshotBusy(EvidenceError):
    """Another process writes this snapshot."""
