"""The `MailServer` port over either way to doveadm."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from postwarden.servers.doveadm.api import api_accounts, api_messages
from postwarden.servers.doveadm.command import command_accounts, command_messages
from postwarden.sources.service import PermanentSourceError, StoreSettings


@dataclass(frozen=True, slots=True)
class DoveadmServer:
    """Implements `MailServer`.

    Attributes:
        seconds: until an answer counts as failed: of the command in all, of the API between bytes.
    """

    seconds: float = 600.0

    def accounts(self, store: StoreSettings) -> Iterator[str]:
        """Give every account; see `MailServer.accounts` for what is raised."""
        if store.url:
            yield from api_accounts(store, self.seconds)
        else:
            yield from command_accounts(_checked(store), self.seconds)

    def messages(
        self, store: StoreSettings, account: str, fields: Sequence[str]
    ) -> Iterator[Mapping[str, str]]:
        """Give the named fields of every message; see `MailServer.messages` for what is raised."""
        if set(account) & {"*", "?"}:
            raise PermanentSourceError(f"{account}: doveadm would take this name for a pattern")
        if store.url:
            yield from api_messages(store, account, fields, self.seconds)
        else:
            yield from command_messages(_checked(store), account, fields, self.seconds)


def _checked(store: StoreSettings) -> StoreSettings:
    if not store.command:
        raise PermanentSourceError(f"store {store.name}: set command, or url and api_key")
    return store
