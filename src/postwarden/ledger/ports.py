"""What the ledger needs from outside."""

from typing import Protocol


class Anchor(Protocol):
    """A place outside the database that keeps signed tree heads."""

    @property
    def name(self) -> str:
        """Name it for people and in the record of what it holds."""

    def write(self, note: str) -> None:
        """Keep a signed note, also when it is there already.

        Raises:
            AnchorError: it may or may not be kept; it will be written again.
        """

    def read(self) -> list[str]:
        """Give the notes it holds; none where it cannot be read back from here.

        Raises:
            AnchorError: it should be readable, and is not.
        """
