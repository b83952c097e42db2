"""What this room needs from outside."""

from collections.abc import Mapping
from typing import Protocol


class Sender(Protocol):
    """Sends to other programs."""

    def send(self, url: str, headers: Mapping[str, str], told: bytes) -> None:
        """POST something.

        Raises:
            NotTaken: it was not taken, or nobody knows whether it was.
        """
