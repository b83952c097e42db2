"""Who has a mailbox in a store, before any of it is read."""

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from postwarden.sources.service import (
    Mailbox,
    MailServer,
    ProblemRecord,
    StoreSettings,
    mailboxes,
    server_mailboxes,
)

if TYPE_CHECKING:
    from postwarden.evidence.collection import Sources


def mailboxes_of(store: StoreSettings, mail: MailServer) -> Iterable[Mailbox | ProblemRecord]:
    """Give the mailboxes of a store, and what is wrong with others.

    Raises:
        SourceError: the store cannot be read at all.
    """
    return server_mailboxes(store, mail) if store.driver == "doveadm" else mailboxes(store)


def accounts_of(sources: "Sources", domains: Collection[str]) -> tuple[str, ...]:
    """Give the accounts of these domains that have a mailbox in a store, sorted; raises as `mailboxes_of`."""
    found = {
        one.account
        for store in sources.stores
        for one in mailboxes_of(store, sources.mail)
        if not isinstance(one, ProblemRecord) and one.account.rpartition("@")[2] in domains
    }
    return tuple(sorted(found))
