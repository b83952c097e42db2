"""What a snapshot says of one account, for a page: read with little memory, and at once."""

import os
from typing import NamedTuple

from postwarden.evidence.engine import Engine
from postwarden.evidence.snapshots import finished
from postwarden.sources.service import DirectoryRecord
from postwarden.vocabulary import Moment

_MEMORY = "256MB"
_MOST = 500


class Addresses(NamedTuple):
    """The addresses that lead to an account, as a snapshot's directories have them.

    Attributes:
        snapshot: its name.
        taken: when it was.
        found: by address and time; at most 500.
    """

    snapshot: str
    taken: Moment
    found: tuple[DirectoryRecord, ...]


def addresses_of(root: str, account: str) -> Addresses | None:
    """Give the addresses that lead to an account by the newest snapshot; None where there is none.

    Args:
        root: the folder of snapshots.
        account: in normal form.

    Raises:
        BrokenSnapshot: its directory cannot be read.
    """
    every = finished(root)
    if not every:
        return None
    newest = every[-1]
    with Engine(os.path.join(root, newest.name), _MEMORY, threads=1) as engine:
        rows = engine.tables["directory"]
        own = rows.filter(rows.account == account).order_by("address", "valid_from", "directory")
        found = tuple(engine.records(own.limit(_MOST), DirectoryRecord))
    return Addresses(newest.name, newest.taken, found)
