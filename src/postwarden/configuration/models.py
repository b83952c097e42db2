"""What may stand in the file: one model a section, each key with its type, default and meaning."""

import os
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    model_validator,
)

from postwarden.configuration.console import ConsoleSection
from postwarden.configuration.desk import (
    LedgerSection,
    OrganisationSection,
    People,
    State,
    check_organisations,
    organisations,
)
from postwarden.configuration.doctor import DoctorSection
from postwarden.configuration.holds import HoldsSection
from postwarden.configuration.hooks import HooksSection
from postwarden.configuration.keys import WithKey
from postwarden.configuration.logging import LoggingSection
from postwarden.configuration.quarantine import QuarantineSection
from postwarden.configuration.relocation import RelocationSection
from postwarden.configuration.values import (
    Asked,
    Domain,
    FilePath,
    Model,
    Time,
    absolute_sqlite,
    several,
    some,
    zone,
)
from postwarden.custody.quarantine.settings import QuarantineSettings
from postwarden.evidence.settings import EvidenceSettings
from postwarden.holds.doctor.settings import DoctorSettings
from postwarden.holds.settings import HoldSettings
from postwarden.hooks.settings import HookSettings
from postwarden.ledger.settings import LedgerSettings
from postwarden.lines import Style
from postwarden.people.settings import IdentityProvider, Organisations, PeopleSettings
from postwarden.relocation.settings import RelocationSettings
from postwarden.sources.service import (
    DirectorySettings,
    LogSettings,
    StoreSettings,
    TableSettings,
)
from postwarden.state.settings import StateSettings
from postwarden.vocabulary import Provider, normal


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that postwarden.toml says.

    Attributes:
        file: the file read, absolute.
        base: its folder, absolute; cited paths are relative to it.
        home_domain: the first of the provider's domains; qualifies bare names.
    """

    file: str
    base: str
    home_domain: str
    provider: Provider
    stores: tuple[StoreSettings, ...]
    directories: tuple[DirectorySettings, ...]
    logs: tuple[LogSettings, ...]
    evidence: EvidenceSettings
    state: StateSettings
    ledger: LedgerSettings
    holds: HoldSettings
    organisations: Organisations
    people: PeopleSettings | None
    doctor: DoctorSettings | None
    quarantine: QuarantineSettings
    relocation: RelocationSettings
    hooks: HookSettings
    log_style: Style
    identity_provider: IdentityProvider | None


class _Provider(Model):
    name: Annotated[str, AfterValidator(some)] = Field(description="As people know it.")
    domains: list[Domain] = Field(
        min_length=1,
        description="The provider's own mail domains; the first one completes bare names.",
    )
    hosts: list[str] = Field(
        default=[],
        description="Own hosts, as they write themselves in Received lines and logs. Only lines of"
        " these hosts prove anything.",
    )
    recipient_delimiter: str = Field(
        default="+", description="As Postfix has it: a set of characters; empty for none."
    )
    separator: str = Field(
        default="/", min_length=1, max_length=1, description="Of folder names as printed."
    )
    timezone: Annotated[str, AfterValidator(zone)] | None = Field(
        default=None,
        description="IANA name; the zone of log stamps without one, and of times as printed. Without"
        " it: UTC.",
    )


class _Store(WithKey):
    name: Annotated[str, AfterValidator(some)] = Field(description="Names the store in evidence.")
    driver: Literal["maildir", "doveadm"] = Field(
        description="Read the files of Maildir++, or ask Dovecot for mailboxes in any format."
    )
    path: FilePath | None = Field(
        default=None,
        description="maildir: the mail folder of an account, with {domain} and {local}, or with"
        " {account} for both.",
    )
    command: list[str] = Field(
        default=[],
        description='doveadm: the command and its first arguments, such as ["doveadm", "-c",'
        ' "/etc/dovecot/dovecot.conf"].',
    )
    url: str | None = Field(
        default=None,
        description="doveadm: base of the HTTP API, such as http://127.0.0.1:8080/doveadm/v1.",
    )

    @model_validator(mode="after")
    def _complete(self) -> "_Store":
        if self.driver == "maildir":
            names = ("{local}", "{account}")
            if self.path is None or not any(name in self.path for name in names):
                raise ValueError('write path = "…/{domain}/{local}/Maildir" (or with {account})')
        elif not self.command and self.url is None:
            raise ValueError('write command = ["doveadm"] or url = "http://…/doveadm/v1"')
        elif self.api_key is not None or self.api_key_file is not None:
            self.check_one_key()
        return self


class _Table(Asked):
    format: Literal[
        "dovecot-passwd", "postfix-virtual", "postfix-regexp", "aliases", "csv", "sql", "ldap"
    ] = Field(description="How the table is written, or which server holds it.")
    path: FilePath | None = Field(
        default=None, description="The file, for every format but sql and ldap."
    )
    query: str | None = Field(
        default=None,
        description="sql: a SELECT of one column (accounts) or two (address, where it goes); ldap:"
        " a filter.",
    )
    attributes: list[str] = Field(
        default=[], description="ldap: the attributes of the address and of where it goes."
    )

    @model_validator(mode="after")
    def _complete(self) -> "_Table":
        if self.format == "sql":
            if self.url is None or self.query is None:
                raise ValueError('write url = "sqlite:///file" and query = "SELECT …"')
        elif self.format == "ldap":
            if self.url is None or self.query is None or not self.attributes:
                raise ValueError("write url, base, query (a filter) and attributes = [key, value]")
        elif self.path is None:
            raise ValueError(f"write path, the {self.format} file")
        return self

    def settings(self, base: str) -> TableSettings:
        return TableSettings(
            format=self.format,
            path=self.path,
            url=absolute_sqlite(self.url, base),
            query=self.query,
            base=self.base,
            attributes=tuple(self.attributes),
            bind_dn=self.bind_dn,
            password=self.password,
        )


class _Directory(Model):
    valid_from: Time = Field(
        default=None, description="Meant to be so from then on; without it, always was."
    )
    valid_to: Time = Field(
        default=None, description="Meant to be so until before then; without it, still is."
    )
    accounts: Annotated[list[_Table], BeforeValidator(several)] = Field(
        min_length=1, description="Who may log in: one table, or a list of several."
    )
    aliases: list[_Table] = Field(
        default=[], description="Alias tables in the servers' order of look-up."
    )
    domain_aliases: dict[Domain, Domain] = Field(
        default={}, description="Domains whose every address is that of another domain."
    )
    canonical: list[_Table] = Field(
        default=[], description="recipient_canonical_maps: asked before the aliases."
    )
    bcc: list[_Table] = Field(
        default=[], description="recipient_bcc_maps: who gets a copy by intention."
    )

    def settings(self, base: str) -> DirectorySettings:
        return DirectorySettings(
            accounts=tuple(table.settings(base) for table in self.accounts),
            aliases=tuple(table.settings(base) for table in self.aliases),
            domain_aliases=tuple(sorted(self.domain_aliases.items())),
            canonical=tuple(table.settings(base) for table in self.canonical),
            bcc=tuple(table.settings(base) for table in self.bcc),
            valid_from=self.valid_from,  # type: ignore[arg-type]  # _aware made it a moment
            valid_to=self.valid_to,  # type: ignore[arg-type]  # _aware made it a moment
        )


class _Log(Model):
    format: Literal["postfix", "journald", "dovecot", "dovecot-events"] = Field(
        description="journald: an export in JSON, of Postfix and Dovecot alike; dovecot-events:"
        " exported events, with or without the log's prefix."
    )
    path: FilePath = Field(
        description="A glob that finds the rotated files too; .gz, .xz, .zst and .bz2 are read."
    )
    host: str | None = Field(
        default=None, description="Which host wrote it, where the lines do not say it."
    )
    year: int | None = Field(
        default=None,
        ge=1970,
        le=9999,
        description="Of the first stamp without a year; without it, inferred, and said so.",
    )


class _Evidence(Model):
    path: FilePath | None = Field(
        default=None,
        description="Folder of the snapshots, for nothing else; without it, evidence beside the"
        " file.",
    )
    purpose: str = Field(
        default="examination of suspected misdelivery",
        description="Why evidence is taken, unless a scan says otherwise.",
    )
    expiry_days: int = Field(default=90, ge=1, description="Days until a snapshot is removed.")
    content_hash: bool = Field(
        default=False,
        description="Keep hashes of bodies, never bodies; needed to find crossed ones.",
    )
    master_users: list[str] = Field(
        default=[],
        description="Operators' logins: what they put into a mailbox is not its holder's act.",
    )
    processes: int = Field(
        default=0, ge=0, description="How many read at once; 0: as many as CPUs, at most 8."
    )
    messages_per_second: int = Field(
        default=0, ge=0, description="Limit of the whole scan; 0: none."
    )


class File(Model):
    """The whole file."""

    provider: _Provider = Field(description="Whose mail it is.")
    stores: list[_Store] = Field(min_length=1, description="Where mail is stored.")
    directories: list[_Directory] = Field(
        min_length=1,
        description="Which address was meant for which account; several where that changed, each"
        " with its time, oldest first.",
    )
    logs: list[_Log] = Field(default=[], description="What the servers wrote down.")
    evidence: _Evidence = Field(
        default=_Evidence(), description="Why, where and for how long evidence is kept."
    )
    state: State = Field(default=State(), description="Where what Postwarden knows is kept.")
    ledger: LedgerSection = Field(
        default=LedgerSection(), description="The record of all that was done."
    )
    holds: HoldsSection = Field(
        default=HoldsSection(), description="How accounts are held on the servers of this host."
    )
    doctor: DoctorSection | None = Field(
        default=None, description="How `postwarden doctor` proves that held means held."
    )
    quarantine: QuarantineSection = Field(
        default=QuarantineSection(),
        description="Where removed copies are kept, for how long, and who can open them.",
    )
    relocation: RelocationSection = Field(
        default=RelocationSection(), description="How copies are put where they belong."
    )
    webhooks: HooksSection = Field(
        default=HooksSection(), description="Which programs may be told of events."
    )
    console: ConsoleSection = Field(
        default=ConsoleSection(), description="How people sign in to the console."
    )
    logging: LoggingSection = Field(
        default=LoggingSection(), description="What Postwarden's own services write of themselves."
    )
    organisations: list[OrganisationSection] = Field(
        default=[],
        description="Whom this installation serves: the provider, brands, resellers. Without any, the"
        " provider alone.",
    )
    people: People | None = Field(
        default=None, description="Where it is looked up, on demand, who is behind an account."
    )

    @model_validator(mode="after")
    def _one_organisation_each(self) -> "File":
        check_organisations(self.organisations, self.provider.domains)
        return self

    @model_validator(mode="after")
    def _one_name_each(self) -> "File":
        names = [store.name for store in self.stores]
        if len(set(names)) < len(names):
            raise ValueError("stores: give each [[stores]] a name of its own")
        return self

    @model_validator(mode="after")
    def _known_stores(self) -> "File":
        self.relocation.check_stores([store.name for store in self.stores])
        return self

    @model_validator(mode="after")
    def _evidence_apart(self, info: ValidationInfo) -> "File":
        place = self.evidence.path
        others = [(info.context or {})["base"], *(log.path for log in self.logs)]
        others += [store.path for store in self.stores if store.path]
        if place and any(os.path.commonpath([place, other]) == place for other in others):
            raise ValueError(
                "evidence.path: holds mail, logs or this file; name a folder for snapshots alone"
            )
        return self

    def configuration(self, file: str, base: str) -> Configuration:
        """Give what the file says; `file` and its folder `base` are absolute."""
        own = self.provider
        return Configuration(
            file=file,
            base=base,
            home_domain=own.domains[0],
            provider=Provider(
                name=own.name,
                domains=frozenset(own.domains),
                hosts=frozenset(host.lower() for host in own.hosts),
                recipient_delimiter=own.recipient_delimiter,
                separator=own.separator,
                timezone=own.timezone,
            ),
            stores=tuple(
                StoreSettings(s.name, s.driver, s.path, tuple(s.command), s.url, s.key())
                for s in self.stores
            ),
            directories=tuple(directory.settings(base) for directory in self.directories),
            logs=tuple(LogSettings(g.format, g.path, g.host, g.year) for g in self.logs),
            evidence=EvidenceSettings(
                path=self.evidence.path or os.path.join(base, "evidence"),
                purpose=self.evidence.purpose,
                expiry_days=self.evidence.expiry_days,
                content_hash=self.evidence.content_hash,
                master_users=frozenset(map(normal, self.evidence.master_users)),
                processes=self.evidence.processes or min(os.cpu_count() or 1, 8),
                messages_per_second=self.evidence.messages_per_second or None,
            ),
            state=self.state.settings(base),
            ledger=self.ledger.settings(own.domains[0]),
            holds=self.holds.settings(base),
            doctor=None if self.doctor is None else self.doctor.settings(),
            quarantine=self.quarantine.settings(base),
            relocation=self.relocation.settings(),
            hooks=self.webhooks.settings(),
            log_style=self.logging.settings(),
            identity_provider=self.console.settings(),
            organisations=organisations(self.organisations, own.name, own.domains),
            people=None if self.people is None else self.people.settings(base),
        )
