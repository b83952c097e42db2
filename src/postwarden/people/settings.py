"""The organisations that one installation serves."""

from dataclasses import dataclass, field
from typing import NamedTuple

from postwarden.vocabulary import normal


@dataclass(frozen=True, slots=True)
class Organisation:
    """A provider, brand or reseller that answers for its own customers.

    Attributes:
        name: short and unique, such as "freedom"; roles and cases name it so.
        full_name: as its customers know it.
        domains: mail domains of its accounts, A-labels.
        brands: names it is known by besides.
        languages: those it speaks, best first (BCP 47 tags).
        helpdesk: how its customers reach people.
        page: where it tells them what is the matter.
        authority: to whom it reports breaches.
    """

    name: str
    full_name: str
    domains: tuple[str, ...]
    brands: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    helpdesk: str = ""
    page: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Organisations:
    """All of them; never empty."""

    every: tuple[Organisation, ...]

    def of(self, account: str) -> Organisation:
        """Give an account's organisation: by its domain; of no known domain, the first one."""
        domain = normal(account).rpartition("@")[2]
        return next((one for one in self.every if domain in one.domains), self.every[0])


class Columns(NamedTuple):
    """What the columns or attributes are called that say who is behind an account."""

    account: str = "account"
    person: str = "person"
    name: str = "name"
    language: str = "language"
    channel: str = "channel"


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """The [console.oidc] section: who else knows the people who work here.

    Attributes:
        issuer: its name for itself, which each of its identity tokens bears.
        client_id: its name for Postwarden.
        secret: shared with Postwarden; "" where this process cannot read it.
        name: for people.
    """

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str


@dataclass(frozen=True, slots=True)
class PeopleSettings:
    """The [people] section: where it is looked up who is behind an account.

    Attributes:
        format: "csv", "sql" or "ldap".
        columns: what they are called there.
        path: csv: the file; absolute after loading.
        url: of the database or LDAP server.
        query: sql: a SELECT with `:account`; ldap: a filter with {account}.
        base: ldap: where the search begins.
        bind_dn: ldap: who asks.
        password: ldap: their password.
    """

    format: str
    columns: Columns
    path: str | None = None
    url: str | None = None
    query: str | None = None
    base: str | None = None
    bind_dn: str | None = None
    password: str | None = None
