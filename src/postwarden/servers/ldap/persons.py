"""People behind accounts, from an LDAP server."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from postwarden.people.service import PeopleSettings, Person
from postwarden.servers.ldap.server import connection_to, entries_of, fault, text_of
from postwarden.sources.service import TableSettings


class LdapPersons:
    """`Persons` of one filter with {account}; each account is asked for alone."""

    def __init__(self, settings: PeopleSettings) -> None:
        self._settings = settings
        self._table = TableSettings(
            "ldap",
            url=settings.url,
            base=settings.base,
            attributes=settings.columns[1:],
            bind_dn=settings.bind_dn,
            password=settings.password,
        )

    def of(self, accounts: Collection[str]) -> Mapping[str, Person]:
        """Give who is behind these accounts; of several entries or values the first one counts."""
        found: dict[str, Person] = {}
        try:
            with connection_to(self._table) as connection:
                for account in sorted(accounts):
                    entry = next(entries_of(connection, self._asking(account)), None)
                    if entry is not None:
                        found[account] = self._person(account, entry)
        except (LDAPException, OSError) as error:
            raise fault(error, self._table, 0) from error
        return found

    def _asking(self, account: str) -> TableSettings:
        query = self._settings.query or ""
        return replace(self._table, query=query.replace("{account}", escape_filter_chars(account)))

    def _person(self, account: str, entry: Mapping[str, Any]) -> Person:
        folded = {name.lower(): values for name, values in entry.items()}
        values = [folded.get(name.lower()) or [""] for name in self._settings.columns[1:]]
        return Person(account, *(text_of(value[0]) for value in values))
