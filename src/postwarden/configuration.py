"""postwarden.toml: read, validated, and given to the rooms as their own frozen settings.

Every error names the file, the key and the remedy. Relative paths are relative to the file. The keys
are described in docs/configuration.md; a test holds that page to the models here.

ConfigurationError   the file is missing, is no TOML, or a key in it is not usable
"""

import os
import tomllib
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails

from postwarden.evidence.service import EvidenceSettings
from postwarden.sources.service import (
    DirectorySettings,
    LogSettings,
    StoreSettings,
    TableSettings,
)
from postwarden.vocabulary import PostwardenError, Provider, moment_of, normal

DEFAULT_FILE = "postwarden.toml"


class ConfigurationError(PostwardenError):
    """The configuration cannot be used; the text names file, key and remedy."""


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


def load(path: str = DEFAULT_FILE) -> Configuration:
    """Read and validate the file; raise `ConfigurationError` with every fault in it."""
    file = os.path.abspath(path)
    try:
        with open(file, "rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file; `postwarden init` writes one, -c FILE names another"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from error
    base = os.path.dirname(file)
    try:
        model = _File.model_validate(document, context={"base": base})
    except ValidationError as error:
        raise ConfigurationError(_sentences(path, error)) from None
    return model.configuration(file, base)


def _absolute(value: str, info: ValidationInfo) -> str:
    base = (info.context or {})["base"]
    return os.path.normpath(os.path.join(base, os.path.expanduser(value)))


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("write an IANA name such as Europe/Amsterdam") from error
    return value


def _aware(value: datetime | str | None) -> int | None:
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if value.tzinfo is None:
        raise ValueError("write a time with its zone, such as 2026-11-20T00:00:00+01:00")
    return moment_of(value)


def _domain(value: str) -> str:
    return normal(f"x@{value}").removeprefix("x@")


def _some(value: str) -> str:
    if not value.strip():
        raise ValueError("write something here")
    return value


FilePath = Annotated[str, AfterValidator(_some), AfterValidator(_absolute)]
Domain = Annotated[str, AfterValidator(_some), AfterValidator(_domain)]
Time = Annotated[datetime | str | None, AfterValidator(_aware)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Provider(_Model):
    name: Annotated[str, AfterValidator(_some)]
    domains: list[Domain] = Field(min_length=1)
    hosts: list[str] = []
    recipient_delimiter: str = "+"
    separator: str = Field(default="/", min_length=1, max_length=1)
    timezone: Annotated[str, AfterValidator(_zone)] | None = None


class _Store(_Model):
    name: Annotated[str, AfterValidator(_some)]
    driver: Literal["maildir", "doveadm"]
    path: FilePath | None = None
    command: list[str] = []
    url: str | None = None
    api_key: str | None = None

    @model_validator(mode="after")
    def _complete(self) -> "_Store":
        if self.driver == "maildir":
            names = ("{local}", "{account}")
            if self.path is None or not any(name in self.path for name in names):
                raise ValueError('write path = "…/{domain}/{local}/Maildir" (or with {account})')
        elif not self.command and self.url is None:
            raise ValueError('write command = ["doveadm"] or url = "http://…/doveadm/v1"')
        return self


class _Table(_Model):
    format: Literal[
        "dovecot-passwd", "postfix-virtual", "postfix-regexp", "aliases", "csv", "sql", "ldap"
    ]
    path: FilePath | None = None
    url: str | None = None
    query: str | None = None
    base: str | None = None
    attributes: list[str] = []
    bind_dn: str | None = None
    password: str | None = None

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
            url=_absolute_sqlite(self.url, base),
            query=self.query,
            base=self.base,
            attributes=tuple(self.attributes),
            bind_dn=self.bind_dn,
            password=self.password,
        )


class _Directory(_Model):
    valid_from: Time = None
    valid_to: Time = None
    accounts: _Table | list[_Table]
    aliases: list[_Table] = []
    domain_aliases: dict[Domain, Domain] = {}
    canonical: list[_Table] = []
    bcc: list[_Table] = []

    def settings(self, base: str) -> DirectorySettings:
        accounts = self.accounts if isinstance(self.accounts, list) else [self.accounts]
        return DirectorySettings(
            accounts=tuple(table.settings(base) for table in accounts),
            aliases=tuple(table.settings(base) for table in self.aliases),
            domain_aliases=tuple(sorted(self.domain_aliases.items())),
            canonical=tuple(table.settings(base) for table in self.canonical),
            bcc=tuple(table.settings(base) for table in self.bcc),
            valid_from=self.valid_from,  # type: ignore[arg-type]  # _aware made it a moment
            valid_to=self.valid_to,  # type: ignore[arg-type]  # _aware made it a moment
        )


class _Log(_Model):
    format: Literal["postfix", "journald", "dovecot", "dovecot-events"]
    path: FilePath
    host: str | None = None
    year: int | None = Field(default=None, ge=1970, le=9999)


class _Evidence(_Model):
    path: FilePath | None = None
    purpose: str = "examination of suspected misdelivery"
    expiry_days: int = Field(default=90, ge=1)
    content_hash: bool = False
    master_users: list[str] = []
    processes: int = Field(default=0, ge=0)
    messages_per_second: int = Field(default=0, ge=0)


class _File(_Model):
    provider: _Provider
    stores: list[_Store] = Field(min_length=1)
    directories: list[_Directory] = Field(min_length=1)
    logs: list[_Log] = []
    evidence: _Evidence = _Evidence()

    @model_validator(mode="after")
    def _one_name_each(self) -> "_File":
        names = [store.name for store in self.stores]
        if len(set(names)) < len(names):
            raise ValueError("stores: give each [[stores]] a name of its own")
        return self

    def configuration(self, file: str, base: str) -> Configuration:
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
                StoreSettings(s.name, s.driver, s.path, tuple(s.command), s.url, s.api_key)
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
        )


def _absolute_sqlite(url: str | None, base: str) -> str | None:
    scheme = "sqlite:///"
    if url is None or not url.startswith(scheme):
        return url
    return scheme + os.path.normpath(os.path.join(base, url[len(scheme) :]))


def _sentences(path: str, error: ValidationError) -> str:
    return "\n".join(f"{path}: {_key(fault)}: {_remedy(fault)}" for fault in error.errors())


def _key(fault: ErrorDetails) -> str:
    parts: list[str] = []
    for place in fault["loc"]:
        if isinstance(place, int):
            parts[-1:] = [f"{parts[-1] if parts else ''}[{place + 1}]"]
        elif not str(place).startswith(("_Table", "list[")):
            parts.append(str(place))
    return ".".join(parts) or "the file"


def _remedy(fault: ErrorDetails) -> str:
    kind = fault["type"]
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return "is not a key Postwarden knows; remove it or mend its spelling"
    return str(fault["msg"]).removeprefix("Value error, ")
