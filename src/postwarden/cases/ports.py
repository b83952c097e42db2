"""What this room needs of later ones."""

from collections.abc import Collection, Mapping
from typing import Protocol

from postwarden.vocabulary import Moment


class Contribution(Protocol):
    """A later room's part of a case; every method runs in the caller's transaction."""

    @property
    def name(self) -> str:
        """Name its folder in a bundle, such as "custody"."""

    def merge(self, kept: str, gone: str, now: Moment) -> None:
        """Let what belongs to a case that ends belong to the one that it becomes part of."""

    def split(self, old: str, new: str, accounts: Collection[str], now: Moment) -> None:
        """Let what is about these accounts belong to the new case."""

    def export(self, references: Collection[str]) -> Mapping[str, object]:
        """Give what it has of a case, as JSON has it, by file name without ending.

        Args:
            references: of the case and of those that became part of it.
        """
