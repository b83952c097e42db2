"""What the ledger needs from outside."""

from typing import NamedTuple, Protocol, runtime_checkable

from postwarden.vocabulary import Moment


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
        """Give the notes it holds, all that were ever written to it.

        Raises:
            AnchorError: it should be readable, and is not.
        """


class Stamp(NamedTuple):
    """A time stamp of an authority outside over a signed head.

    Attributes:
        size: leaves that the head covers.
        at: when the head existed, as the authority says; None where the stamp proves nothing.
        why: it proves nothing; "" where it does.
    """

    size: int
    at: Moment | None
    why: str


@runtime_checkable
class StampKeeper(Protocol):
    """An anchor that has heads stamped."""

    @property
    def name(self) -> str:
        """Name it for people."""

    def stamps(self) -> list[Stamp]:
        """Check the stamps it holds, in order.

        Raises:
            AnchorError: it should be readable, and is not.
        """
