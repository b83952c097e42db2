"""The accounts whose mailboxes a snapshot holds: written by a scan, asked for by examinations."""

import glob
import os
from collections.abc import Collection, Iterable, Set

import pyarrow.parquet as pq

from postwarden.evidence.directories import IN_MEMORY
from postwarden.evidence.engine import Engine
from postwarden.evidence.tables import PartWriter
from postwarden.sources.service import MailboxRecord

_PART = os.path.join("mailboxes", "stores.parquet")


def write_mailboxes(folder: str, accounts: Iterable[str]) -> None:
    """Write the accounts of a snapshot being taken, each once, in place of what was there."""
    with PartWriter(os.path.join(folder, _PART), MailboxRecord) as part:
        part.add((account,) for account in sorted(set(accounts)))


def read_mailboxes(folder: str) -> set[str]:
    """Give the accounts of a finished snapshot."""
    parts = glob.glob(os.path.join(glob.escape(folder), "mailboxes", "*.parquet"))
    return {name for part in parts for name in pq.read_table(part).column("account").to_pylist()}


class Mailboxes:
    """Tells which accounts have a mailbox in the snapshot: from memory when few, else by queries."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        boxes = engine.tables["mailboxes"]
        self._held: frozenset[str] | None = None
        if engine.count(boxes) <= IN_MEMORY:
            self._held = frozenset(
                record.account for record in engine.records(boxes, MailboxRecord)
            )

    def among(self, names: Collection[str]) -> Set[str]:
        """Give those of the names that are accounts with a mailbox; one query at most."""
        if self._held is not None:
            return self._held.intersection(names)
        if not names:
            return frozenset()
        wanted = self._engine.named("account", sorted(set(names)))
        found = self._engine.tables["mailboxes"].semi_join(wanted, "account")
        return frozenset(record.account for record in self._engine.records(found, MailboxRecord))
