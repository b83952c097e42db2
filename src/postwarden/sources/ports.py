"""What this room needs from outside; `servers/` has the doors, `wiring` joins them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from postwarden.sources.settings import StoreSettings, TableSettings


class TableServer(Protocol):
    """A server that holds an address table (SQL, LDAP)."""

    def rows(self, table: TableSettings) -> Iterator[tuple[str, str]]:
        """Give (key, value) for each row; a one-column answer gives (value, value).

        Raises:
            PermanentSourceError: wrong query, password or address.
            TemporarySourceError: the server did not answer.
            AmbiguousSourceError: it stopped answering half-way.
        """


class MailServer(Protocol):
    """A server that shows what it stores (doveadm)."""

    def accounts(self, store: StoreSettings) -> Iterator[str]:
        """Give every account of the store; raises as `TableServer.rows`."""

    def messages(
        self, store: StoreSettings, account: str, fields: Sequence[str]
    ) -> Iterator[Mapping[str, str]]:
        """Give the named doveadm-fetch(1) fields of every message; raises as `TableServer.rows`."""
