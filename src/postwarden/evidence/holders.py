"""Who has a mailbox in a store, before any of it is read."""

from collections.abc import Collection, Iterable

from postwarden.sources.service import (
    Mailbox,
    MailServer,
    ProblemRecord,
    StoreSettings,
    mailboxes,
    server_mailboxes,
)


def mailboxes_of(store: StoreSettings, mail: MailServer) -> Iterable[Mailbox | ProblemRecord]:
    """Give the mailboxes of a store, and what is wrong with others.

    Raises:
        SourceError: the store cannot be read at all.
    """
    return server_mailboxes(store, mail) if store.driver == "doveadm" else mailboxes(store)


def accounts_of(
    stores: Iterable[StoreSettings], mail: MailServer, domains: Collection[str]
) -> tuple[str, ...]:
    """Give the accounts of these domains that have a mailbox in a store, sorted; raises as `mailboxes_of`."""
    found = {
        one.account
        for store in stores
        for one in mailboxes_of(store, mail)
        if not isinstance(one, ProblemRecord) and one.account.rpartition("@")[2] in domains
    }
    return tuple(sorted(found))
