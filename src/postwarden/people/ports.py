"""What this room needs from outside."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, Protocol

from postwarden.vocabulary import Moment


class Record(Protocol):
    """Writes an entry of the ledger, in the caller's transaction."""

    def __call__(
        self, act: str, actor: str, person: str, detail: Mapping[str, Any], now: Moment
    ) -> None:
        """Record what was done to whom by whom."""


class Person(NamedTuple):
    """The person behind an account; empty where it is not known.

    Attributes:
        account: theirs.
        person: how the provider's own books call them, such as a customer number.
        name: for people.
        language: a BCP 47 tag.
        channel: how to reach them without this account.
    """

    account: str
    person: str
    name: str
    language: str
    channel: str


class Persons(Protocol):
    """Looks up the people behind accounts: the [people] source."""

    def of(self, accounts: Collection[str]) -> Mapping[str, Person]:
        """Give who is behind these accounts, in normal form; only of those known.

        Raises:
            SourceError: it could not be asked.
        """
