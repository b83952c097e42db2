"""How evidence is taken and kept, and what a snapshot is limited to."""

import os
from dataclasses import dataclass

from postwarden.vocabulary import Moment

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class EvidenceSettings:
    """The [evidence] section.

    Attributes:
        path: folder of the snapshots, absolute.
        purpose: why evidence is taken, unless a scan says otherwise.
        expiry_days: days until retention removes a snapshot.
        content_hash: whether bodies are hashed (never kept).
        master_users: operators' logins, in normal form: what they append is not the holder's act.
        processes: how many read at once.
        messages_per_second: limit for the whole scan; None: no limit.
    """

    path: str
    purpose: str
    expiry_days: int
    content_hash: bool = False
    master_users: frozenset[str] = frozenset()
    processes: int = 1
    messages_per_second: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a snapshot is limited to; empty means everything.

    Attributes:
        accounts: only these accounts' mailboxes and log lines.
        since: only what was stored or logged from then on.
    """

    accounts: tuple[str, ...] = ()
    since: Moment | None = None


def has_snapshot(root: str) -> bool:
    """Tell whether there is a finished snapshot, without loading what reads one."""
    names = os.listdir(root) if os.path.isdir(root) else ()
    return any(os.path.isfile(os.path.join(root, name, MANIFEST)) for name in names)
