"""What Dovecot keeps of a message when it was expunged, and the commands that take it away.

- lazy_expunge copies it to other folders of the account, which no list shows where they are in a hidden
  namespace; so postwarden.toml has to name them.
- The index cache keeps header fields, the subject among them, until it is written anew.
- mdbox keeps the body until a purge.
- Replicas keep it until they are told: what doveadm changes, Dovecot 2.3 replicates at its next full
  synchronisation only, which may be a day later.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from postwarden.servers.dovecot.api import Answer, Asked
from postwarden.servers.dovecot.asking import Asking, Query
from postwarden.servers.dovecot.fencing import PROCESSES
from postwarden.servers.dovecot.stored import is_pattern, rows, with_guids

_CACHE = "mailboxCachePurge"  # Dovecot newer than the first 2.3
_FULL_TEXT = "ftsRescan"  # a command that doveadm has where the plugin is loaded


class Spot(NamedTuple):
    """Where a removed message lay."""

    account: str
    folder: str
    guid: str


class Traces:
    """Gives commands for one Dovecot."""

    def __init__(self, asking: Asking, lazy: str) -> None:
        """Bind it; `lazy` is Dovecot's setting lazy_expunge, "" where that plugin is not in use."""
        self._asking = asking
        self._lazy = mask_of(lazy)
        self._replicator: bool | None = None

    @property
    def lazy(self) -> str:
        """Give the mask of the folders that lazy_expunge fills; "" where there are none."""
        return self._lazy

    def is_lazy(self, folder: str) -> bool:
        """Whether lazy_expunge fills this folder."""
        mask = self._lazy
        return folder.startswith(mask[:-1]) if mask.endswith("*") else folder == mask

    def lazily_kept(self, spots: Iterable[Spot]) -> list[Query]:
        """Ask for what lazy_expunge keeps of expunged messages, a query for each account."""
        if not self._lazy:
            return []
        by_account: dict[str, list[str]] = {}
        for one in spots:
            by_account.setdefault(one.account, []).append(one.guid)
        return [
            Query(account, ["mailbox", self._lazy, *with_guids(guids)])
            for account, guids in by_account.items()
        ]

    def cached(self, places: Iterable[tuple[str, str]]) -> Iterator[Asked]:
        """Let the caches of folders, as (account, folder), be written without what was expunged."""
        if not self._asking.has(_CACHE):
            return
        by_account: dict[str, dict[str, None]] = {}
        for account, folder in places:
            by_account.setdefault(account, {})[folder] = None
        for account, folders in by_account.items():
            masks = [*folders, self._lazy] if self._lazy else [*folders]
            yield _CACHE, {"user": account, "mailbox": masks}

    def replicate(self, accounts: Iterable[str]) -> None:
        """Let replicas follow now, if there are any; whether they could, nobody waits for."""
        if self._replicator is None:
            self.note(self._asking.told([PROCESSES])[0])
        if self._replicator:
            names = sorted(one for one in set(accounts) if not is_pattern(one))
            self._asking.look([("replicatorReplicate", _first(one)) for one in names])

    def note(self, processes: Answer) -> None:
        """Learn from an answer to `PROCESSES` whether this Dovecot replicates.

        Not by replicatorStatus, which crashes Dovecot 2.3's doveadm where nothing is replicated.
        """
        self._replicator = any(row.get("name") == "replicator" for row in rows(processes))

    def residue(self, *, finds_lazy: bool) -> Iterator[str]:
        """Name where parts of removed copies may remain, as `Route.residue`.

        Args:
            finds_lazy: what lazy_expunge keeps was seen to lie where it is looked for.
        """
        commands = self._asking.commands()
        self.note(self._asking.told([PROCESSES])[0])
        if _CACHE not in commands:
            yield "index-cache"
        if not finds_lazy:
            yield "lazy-expunge"
        yield from ("alternate-storage", "saved-attachments")
        if _FULL_TEXT in commands:
            yield "full-text-index"
        if self._replicator:
            yield "replicas"


def _first(account: str) -> dict[str, str]:
    return {"userMask": account, "priority": "high"}


def mask_of(lazy: str) -> str:
    """Give the mask of the folders that lazy_expunge fills: those of a namespace, or one (pure).

    Args:
        lazy: Dovecot's setting: the prefix of a namespace, with its separator, or the name of a folder.
    """
    return f"{lazy}*" if lazy and not lazy[-1].isalnum() else lazy


def expunged(query: Query) -> Asked:
    """Write the command that expunges what a query finds."""
    return "expunge", {"user": query.account, "query": list(query.words)}


def purged(homes: Mapping[str, str], accounts: Iterable[str]) -> Iterator[Asked]:
    """Write the commands that remove expunged bodies, for accounts whose format may keep them.

    Args:
        homes: what the user database says of mail locations, by account.
        accounts: whose; any that is not known is left out.
    """
    for account in sorted(accounts):
        if account in homes and _keeps_bodies(homes[account]):
            yield "purge", {"user": account}


def _keeps_bodies(said: str) -> bool:
    return "mdbox" in said or ("dbox" not in said and "maildir" not in said)
