"""What this room needs from outside."""

from collections.abc import Mapping
from typing import Any, Protocol

from postwarden.vocabulary import Moment


class Record(Protocol):
    """Writes an entry of the ledger, in the caller's transaction."""

    def __call__(
        self, act: str, actor: str, person: str, detail: Mapping[str, Any], now: Moment
    ) -> None:
        """Record what was done to whom by whom."""


class Persons(Protocol):
    """Looks up the person behind an account: the [people] source."""

    def of(self, accounts: list[str]) -> "Mapping[str, Mapping[str, str]]":
        """Give what is known by account: name, language, channel; only of those known.

        Raises:
            SourceError: it could not be asked.
        """
