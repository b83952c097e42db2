"""Accounting for every message of the window once: right before, put right, or left with a reason.

What an examination saw is counted when a plan is frozen, and its hash is in the ledger with the plan's: a
line `ID VERDICT` for each copy, sorted, SHA-256. What became of the plan's copies stands beside it later, so
that anyone can add up: right before + relocated + removed + left with reason = all.
"""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from postwarden.vocabulary import Moment


class Seen(NamedTuple):
    """What was looked at.

    Attributes:
        snapshot: name of the evidence.
        manifest: SHA-256 of its manifest, hex.
        since: only messages accepted from then on; None: all.
        until: only messages accepted before then; None: all.
    """

    snapshot: str
    manifest: str
    since: Moment | None
    until: Moment | None


class Counted(NamedTuple):
    """Every copy that was looked at, once.

    Attributes:
        seen: where and when.
        right: ids of those that were right, stored or once stored, sorted.
        settled: ids of those that earlier repairs had put right, sorted.
        planned: ids of those that the plan says something about, sorted.
        left_by: how many of those are known to have left the mailbox, by the way they went.
    """

    seen: Seen
    right: tuple[str, ...]
    settled: tuple[str, ...]
    planned: tuple[str, ...]
    left_by: Mapping[str, int] = MappingProxyType({})

    @property
    def digest(self) -> str:
        """The hash that the ledger has."""
        return digest_of({"right": self.right, "settled": self.settled, "planned": self.planned})


def digest_of(kinds: Mapping[str, Iterable[str]]) -> str:
    """Give the SHA-256 over a line `ID KIND` for each copy, sorted, hex."""
    lines = sorted(f"{name} {kind}\n" for kind, names in kinds.items() for name in names)
    return sha256("".join(lines).encode()).hexdigest()
