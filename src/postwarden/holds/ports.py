"""What this room needs from outside."""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol


class Scripts(NamedTuple):
    """An account's Sieve scripts: their names, and the active one's; None where none is active."""

    names: frozenset[str]
    active: str | None


class Languages(Protocol):
    """Looks up the languages of accounts' holders."""

    def __call__(self, accounts: Collection[str]) -> Mapping[str, str]:
        """Give BCP 47 tags by account; nothing of those unknown, or where it cannot be asked."""


class Webmail(Protocol):
    """Tells webmails that keep sessions of their own. May be asked again; raises `ControlError`."""

    def tell(self, reasons: Mapping[str, str | None]) -> None:
        """Tell what holders are told, by account; None where the account is not held (any more)."""


class MailControl(Protocol):
    """Acts on what is live for accounts. Every method may be asked again, and raises `ControlError`.

    Where it fails for single accounts only, it goes on with the others and raises nothing: looking again
    tells whose it was.
    """

    def forget(self, accounts: Collection[str]) -> None:
        """Let no login of these accounts be answered from a cache."""

    def sessions(self) -> Mapping[str, int]:
        """Count the live sessions by account (normal form)."""

    def end(self, accounts: Collection[str]) -> None:
        """End sessions of these accounts, and of nobody else; some may live on for a moment.

        Those of `nameless` accounts go on.
        """

    def nameless(self, accounts: Collection[str]) -> frozenset[str]:
        """Give those accounts whose sessions cannot be ended without those of others."""

    def scripts(self, accounts: Collection[str]) -> Mapping[str, Scripts | None]:
        """Give the Sieve scripts of those accounts that can have any; None where that is not known now."""

    def deactivate(self, accounts: Collection[str]) -> None:
        """Leave these accounts without an active script; one outside the storage is moved into it."""

    def activate(self, scripts: Mapping[str, str]) -> None:
        """Make a script the active one, by account."""
