"""What the doctor needs from outside."""

from typing import Protocol

from postwarden.holds.doctor.settings import Door
from postwarden.holds.doctor.steps import Attempt


class Session(Protocol):
    """A live session, of IMAP or of submission."""

    def is_open(self) -> bool:
        """Ask the server for a sign of life."""

    def submit(self, account: str, message: bytes) -> Attempt:
        """Hand in a message from the account to itself; by IMAP there is no way."""

    def close(self) -> None:
        """Leave without a word."""


class Clients(Protocol):
    """Mail programs. None of them raises: what goes wrong is an attempt without an answer."""

    def log_in(self, door: Door, account: str, password: str) -> Attempt:
        """Log in and leave."""

    def stay(self, door: Door, account: str, password: str) -> Session | None:
        """Log in by IMAP or submission and stay; None where that fails."""

    def submit(self, door: Door, account: str, password: str, message: bytes) -> Attempt:
        """Log in and hand in a message from the account to itself."""

    def deliver(self, door: Door, account: str, message: bytes) -> Attempt:
        """Bring a message for the account, as other servers do; without a sender to bounce to."""


class Queue(Protocol):
    """Postfix's queue. Every method raises `ControlError`."""

    def place(self, queue_id: str) -> str | None:
        """Give the queue that a message is in, such as "hold" or "active"; None for none."""

    def remove(self, account: str, mark: str) -> int:
        """Remove held messages from the account to itself with this mark in their Message-ID; count them."""


class Mailboxes(Protocol):
    """Stored mail. Every method raises `ControlError`."""

    def has(self, account: str, message_id: str) -> bool:
        """Tell whether a message is stored, in any folder."""

    def remove(self, account: str, mark: str) -> None:
        """Remove messages with this mark in their Message-ID."""
