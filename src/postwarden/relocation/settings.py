"""What relocation needs to know of the servers behind stores."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackendSettings:
    """A Dovecot through which copies are moved.

    Attributes:
        name: in sentences.
        stores: names of the stores that it serves.
        url: of its doveadm HTTP API.
        api_key: of that API.
        imap_host: where the staging account logs in.
        imap_port: likewise.
        imap_tls: with TLS from the start; without it at all otherwise.
        account: the staging account, Postwarden's own, on that Dovecot.
        password_file: absolute path of the file with its password.
        lazy_expunge: as in Dovecot: prefix of a namespace, or a folder; "" without that plugin.
    """

    name: str
    stores: tuple[str, ...]
    url: str
    api_key: str
    imap_host: str
    imap_port: int
    imap_tls: bool
    account: str
    password_file: str
    lazy_expunge: str = ""


@dataclass(frozen=True, slots=True)
class RelocationSettings:
    """The [relocation] section.

    Attributes:
        backends: each with stores of its own; a Maildir store of none is written as files.
        lmtp: host and port of an agent that takes mail for accounts no other way leads to.
        by_filter: messages arrive where their owners' Sieve scripts file them, else in INBOX.
    """

    backends: tuple[BackendSettings, ...] = ()
    lmtp: tuple[str, int] | None = None
    by_filter: bool = False

    def of_store(self, store: str) -> BackendSettings | None:
        """Give the backend that serves a store."""
        return next((one for one in self.backends if store in one.stores), None)
