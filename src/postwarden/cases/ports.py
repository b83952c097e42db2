"""What this room needs of later ones."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from postwarden.vocabulary import Moment


class Approval(NamedTuple):
    """A signed approval, as anyone can check it.

    Attributes:
        approver: name of the identity.
        public: their key, OpenSSH.
        words: what was signed; they name the plan.
        signature: armoured, as `ssh-keygen -Y sign` writes it.
        plan: SHA-256 of the plan's text, hex.
        text: of the plan.
    """

    approver: str
    public: str
    words: str
    signature: str
    plan: str
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """What a room has of a case: documents as JSON has them by name, and approvals."""

    documents: Mapping[str, object] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()


class Contribution(Protocol):
    """A later room's part of a case; every method runs in the caller's transaction."""

    @property
    def name(self) -> str:
        """Name its folder in a bundle, such as "custody"."""

    def merge(self, kept: str, gone: str, now: Moment) -> None:
        """Let what belongs to a case that ends belong to the one that it becomes part of."""

    def split(self, old: str, new: str, accounts: Collection[str], now: Moment) -> None:
        """Let what is about these accounts belong to the new case."""

    def binding(self, references: Collection[str]) -> Collection[str]:
        """Give the accounts that the case must not let go of yet.

        Args:
            references: of the case and of those that became part of it.
        """

    def export(self, references: Collection[str]) -> Part:
        """Give what it has of a case.

        Args:
            references: of the case and of those that became part of it.
        """
