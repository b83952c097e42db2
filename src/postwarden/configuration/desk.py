"""Sections of the incident desk: where its state is, its ledger, and whom it serves."""

import os
import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from postwarden.configuration.values import Asked, Domain, FilePath, Model, absolute_sqlite, some
from postwarden.ledger.settings import AnchorSettings, LedgerSettings
from postwarden.people.settings import Columns, Organisation, Organisations, PeopleSettings
from postwarden.state.settings import StateSettings


def _postgresql(value: str) -> str:
    if not value.startswith(("postgresql://", "postgres://")):
        raise ValueError('write url = "postgresql://USER:PASSWORD@HOST/NAME"')
    return value


class State(Model):
    """[state]."""

    path: FilePath | None = Field(
        default=None,
        description="The data directory, for nothing else: database, keys, and what the servers"
        " read. Without it, state beside the file.",
    )
    url: Annotated[str, AfterValidator(_postgresql)] | None = Field(
        default=None,
        description="postgresql://USER:PASSWORD@HOST/NAME, for more than one machine. Without it,"
        " SQLite in the data directory.",
    )

    def settings(self, base: str) -> StateSettings:
        """Give the room's settings."""
        return StateSettings(self.path or os.path.join(base, "state"), self.url)


class _Anchor(Model):
    file: FilePath | None = Field(
        default=None, description="A file that heads are appended to, best on another host's disk."
    )
    url: str | None = Field(
        default=None,
        description="Heads are sent there by POST, and asked for by GET, as plain text.",
    )
    ssh: str | None = Field(
        default=None, description="USER@HOST; heads are appended to the file `path` there."
    )
    path: str | None = Field(default=None, description="ssh: the file on that host.")
    tsa: str | None = Field(
        default=None,
        description="file: the URL of a time-stamp authority (RFC 3161); each head is written to the"
        " file with its stamp.",
    )
    certificates: FilePath | None = Field(
        default=None,
        description="tsa: a PEM file with the certificates that the authority's own leads to.",
    )

    @model_validator(mode="after")
    def _one(self) -> "_Anchor":
        if sum(place is not None for place in (self.file, self.url, self.ssh)) != 1:
            raise ValueError('write one of file = "…", url = "https://…", ssh = "user@host"')
        if (self.ssh is None) != (self.path is None):
            raise ValueError('write both ssh = "user@host" and path = "…"')
        if self.tsa is not None and (self.file is None or self.certificates is None):
            raise ValueError('write tsa = "https://…" with file = "…" and certificates = "….pem"')
        if self.tsa is None and self.certificates is not None:
            raise ValueError('write tsa = "https://…", whose certificates these are')
        return self

    def settings(self) -> AnchorSettings:
        return AnchorSettings(**self.model_dump())


class LedgerSection(Model):
    """[ledger]."""

    name: Annotated[str, AfterValidator(some)] | None = Field(
        default=None,
        description="Names a new ledger in its signed heads; without it, DOMAIN/postwarden of the"
        " provider's first domain. One that was begun keeps its name.",
    )
    anchors: list[_Anchor] = Field(
        default=[],
        description="Where signed tree heads are kept outside the database. What no anchor covers,"
        " whoever is root here can still rewrite.",
    )
    interval_seconds: int = Field(
        default=60, ge=1, description="How often the worker signs and anchors a head."
    )

    def settings(self, domain: str) -> LedgerSettings:
        """Give the room's settings."""
        return LedgerSettings(
            name=self.name or f"{domain}/postwarden",
            anchors=tuple(anchor.settings() for anchor in self.anchors),
            interval_seconds=self.interval_seconds,
        )


def _short(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", value):
        raise ValueError("write a short name of a-z, 0-9 and -, such as freedom")
    return value


class OrganisationSection(Model):
    """[[organisations]]."""

    name: Annotated[str, AfterValidator(_short)] = Field(
        description="Short and unique, such as freedom: roles and cases name it so."
    )
    full_name: Annotated[str, AfterValidator(some)] = Field(description="As its customers know it.")
    domains: list[Domain] = Field(
        min_length=1, description="Mail domains of its accounts; each belongs to one organisation."
    )
    brands: list[str] = Field(default=[], description="Further names it is known by.")
    languages: list[str] = Field(
        default=[], description='Those it speaks, best first, such as ["nl", "en"].'
    )
    helpdesk: str = Field(default="", description="How its customers reach people.")
    page: str = Field(default="", description="Where it tells them what is the matter, a URL.")
    authority: str = Field(default="", description="To whom it reports breaches.")

    def settings(self) -> Organisation:
        """Give the room's settings."""
        return Organisation(
            name=self.name,
            full_name=self.full_name,
            domains=tuple(self.domains),
            brands=tuple(self.brands),
            languages=tuple(self.languages),
            helpdesk=self.helpdesk,
            page=self.page,
            authority=self.authority,
        )


def check_organisations(sections: Sequence[OrganisationSection], domains: Sequence[str]) -> None:
    """Raise ValueError unless each of the provider's domains belongs to one organisation."""
    names = [one.name for one in sections]
    owned = [domain for one in sections for domain in one.domains]
    if len(set(names)) < len(names):
        raise ValueError("organisations: give each [[organisations]] a name of its own")
    for domain in domains:
        if sections and owned.count(domain) != 1:
            raise ValueError(f"organisations: write {domain} into the domains of exactly one")


def organisations(
    sections: Sequence[OrganisationSection], provider: str, domains: Sequence[str]
) -> Organisations:
    """Give those of the file; where it names none, the provider itself."""
    if sections:
        return Organisations(tuple(one.settings() for one in sections))
    short = re.sub(r"[^a-z0-9]+", "-", provider.lower()).strip("-")[:64] or "provider"
    return Organisations((Organisation(short, provider, tuple(domains)),))


class ColumnsTable(Model):
    """What columns or attributes are called."""

    account: str = Field(default="account", description="csv: the account.")
    person: str = Field(default="person", description="How your books call the person.")
    name: str = Field(default="name", description="Their name.")
    language: str = Field(default="language", description="Their language, such as nl.")
    channel: str = Field(
        default="channel",
        description="How to reach them without this account: a number, an address.",
    )


class People(Asked):
    """[people]."""

    format: Literal["csv", "sql", "ldap"] = Field(description="Where it is looked up.")
    path: FilePath | None = Field(default=None, description="csv: the file, with a heading.")
    query: str | None = Field(
        default=None,
        description="sql: a SELECT in which :account stands for the account; ldap: a filter with"
        " {account}.",
    )
    columns: ColumnsTable = Field(
        default=ColumnsTable(), description="What columns or attributes are called there."
    )

    @model_validator(mode="after")
    def _complete(self) -> "People":
        query = self.query or ""
        if self.format == "csv" and self.path is None:
            raise ValueError("write path, the csv file")
        if self.format == "sql" and (self.url is None or ":account" not in query):
            raise ValueError('write url, and query = "SELECT … WHERE … = :account"')
        if self.format == "ldap" and (self.url is None or "{account}" not in query):
            raise ValueError('write url, base, and query = "(mail={account})"')
        return self

    def settings(self, base: str) -> PeopleSettings:
        """Give the room's settings."""
        return PeopleSettings(
            format=self.format,
            columns=Columns(**self.columns.model_dump()),
            path=self.path,
            url=absolute_sqlite(self.url, base),
            query=self.query,
            base=self.base,
            bind_dn=self.bind_dn,
            password=self.password,
        )
