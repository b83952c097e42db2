"""The one door of this room."""

from postwarden.ledger.anchors import Anchored, Asked, FileAnchor, Outside, notes_in
from postwarden.ledger.book import Ledger
from postwarden.ledger.entries import Entry
from postwarden.ledger.errors import AnchorError, FactsChanged, KeysMissing, LedgerError, NotNoted
from postwarden.ledger.heads import Head
from postwarden.ledger.ports import Anchor, Stamp, StampKeeper
from postwarden.ledger.proving import NO_CASE, Proof, Proven
from postwarden.ledger.reading import Told, Wanted
from postwarden.ledger.verifying import Fault, Verification

__all__ = [
    "NO_CASE",
    "Anchor",
    "AnchorError",
    "Anchored",
    "Asked",
    "Entry",
    "FactsChanged",
    "Fault",
    "FileAnchor",
    "Head",
    "KeysMissing",
    "Ledger",
    "LedgerError",
    "NotNoted",
    "Outside",
    "Proof",
    "Proven",
    "Stamp",
    "StampKeeper",
    "Told",
    "Verification",
    "Wanted",
    "notes_in",
]
