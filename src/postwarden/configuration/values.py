"""Kinds of values that the sections share: paths, times, domains, tables of unknown keys refused."""

import os
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
)

from postwarden.vocabulary import moment_of, normal


def _absolute(value: str, info: ValidationInfo) -> str:
    base = (info.context or {})["base"]
    return os.path.normpath(os.path.join(base, os.path.expanduser(value)))


def zone(value: str) -> str:
    """Refuse what is no time zone."""
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


def several(value: object) -> object:
    """Take a single value as a list of one."""
    return value if isinstance(value, list) else [value]


def some(value: str) -> str:
    """Refuse blank text."""
    if not value.strip():
        raise ValueError("write something here")
    return value


def absolute_sqlite(url: str | None, base: str) -> str | None:
    """Give a URL in which the path of an SQLite file is absolute."""
    scheme = "sqlite:///"
    if url is None or not url.startswith(scheme):
        return url
    return scheme + os.path.normpath(os.path.join(base, url[len(scheme) :]))


FilePath = Annotated[
    str,
    AfterValidator(some),
    AfterValidator(_absolute),
    WithJsonSchema({"type": "string", "format": "path"}),
]
Domain = Annotated[str, AfterValidator(some), AfterValidator(_domain)]
Time = Annotated[
    datetime | str | None,
    AfterValidator(_aware),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class Model(BaseModel):
    """A table of the file; a key it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Asked(Model):
    """A server that is asked, and how: what SQL databases and LDAP directories have in common."""

    url: str | None = Field(
        default=None,
        description="sql: sqlite:///FILE, postgresql://USER:PASSWORD@HOST/NAME or mysql://…; ldap:"
        " ldap:// or ldaps://HOST.",
    )
    base: str | None = Field(default=None, description="ldap: where the search begins.")
    bind_dn: str | None = Field(default=None, description="ldap: who asks; without it, nobody.")
    password: str | None = Field(default=None, description="ldap: the password of bind_dn.")


def host_and_port(value: str) -> str:
    """Check a place such as 127.0.0.1:11800."""
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise ValueError("write a place as HOST:PORT, such as 127.0.0.1:11800")
    return value
