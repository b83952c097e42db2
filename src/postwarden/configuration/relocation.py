"""The section [relocation]: the Dovecots through which copies are moved."""

import ipaddress
from collections.abc import Collection
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field, model_validator

from postwarden.configuration.keys import WithKey
from postwarden.configuration.values import FilePath, Model, host_and_port, some
from postwarden.relocation.settings import BackendSettings, RelocationSettings
from postwarden.vocabulary import normal

_PORTS = {"imap": 143, "imaps": 993}


def _imap(value: str) -> str:
    parts = _parts(value)
    if parts.scheme == "imap" and not _is_own(parts.hostname or ""):
        raise ValueError("write imaps://…: over a network, a password takes TLS")
    return value


def _parts(value: str) -> SplitResult:
    remedy = "write a place such as imap://127.0.0.1:143 or imaps://mail.example.net"
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        raise ValueError(remedy) from None
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or parts.username:
        raise ValueError(remedy)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(remedy)
    return parts


def _is_own(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Backend(WithKey):
    name: Annotated[str, AfterValidator(some)] = Field(
        description="Of the server, as sentences have it."
    )
    stores: list[str] = Field(
        min_length=1,
        description="Names of the [[stores]] that it serves: their copies are read, delivered and"
        " removed through it.",
    )
    url: Annotated[str, AfterValidator(some)] = Field(
        description="Of its doveadm HTTP API, such as http://127.0.0.1:8080/doveadm/v1."
    )
    imap: Annotated[str, AfterValidator(_imap)] = Field(
        description="Where the staging account logs in: imaps://HOST:PORT, or imap:// on this host."
        " doveadm cannot carry the bytes of messages."
    )
    account: Annotated[str, AfterValidator(some)] = Field(
        description="The staging account: an account of Postwarden's own there, to which nobody sends"
        " mail. Copies pass through its folders."
    )
    password_file: FilePath = Field(
        description="File with its password, readable by its owner alone."
    )
    lazy_expunge: str = Field(
        default="",
        pattern=r"^[\w ./&+^-]*$",
        description="Where Dovecot's plugin lazy_expunge keeps what is expunged, as its setting has it: the"
        " prefix of a namespace, such as EXPUNGED/, or a folder. Copies are removed from there, too.",
    )

    @model_validator(mode="after")
    def _with_key(self) -> "_Backend":
        self.check_one_key()
        return self

    def settings(self) -> BackendSettings:
        parts = _parts(self.imap)
        return BackendSettings(
            name=self.name,
            stores=tuple(self.stores),
            url=self.url,
            api_key=self.key() or "",
            imap_host=parts.hostname or "",
            imap_port=parts.port or _PORTS[parts.scheme],
            imap_tls=parts.scheme == "imaps",
            account=normal(self.account),
            password_file=self.password_file,
            lazy_expunge=self.lazy_expunge,
        )


class RelocationSection(Model):
    """[relocation]."""

    backends: list[_Backend] = Field(
        default=[],
        description="The Dovecots through which copies are moved. A Maildir store of none of them is"
        " written as files; a doveadm store of none is not repaired.",
    )

    arrives: Literal["inbox", "sieve"] = Field(
        default="inbox",
        description="Where messages arrive: in INBOX, or where each owner's Sieve script would file them"
        " (a plan records it; Dovecot is asked for the scripts, and sieve-test runs them here).",
    )

    lmtp: Annotated[str, AfterValidator(host_and_port)] | None = Field(
        default=None,
        description="HOST:PORT of a delivery agent, for `plan repair --lmtp`: it takes mail for accounts that"
        " no store here holds. LMTP adds header fields and gives messages another date.",
    )

    def settings(self) -> RelocationSettings:
        """Give the room's settings."""
        backends = tuple(one.settings() for one in self.backends)
        host, _, port = (self.lmtp or "").rpartition(":")
        lmtp = (host, int(port)) if self.lmtp else None
        return RelocationSettings(backends, lmtp, by_filter=self.arrives == "sieve")

    def check_stores(self, names: Collection[str]) -> None:
        """Refuse stores that are not there, or that two backends serve; raise `ValueError`."""
        served = [store for one in self.backends for store in one.stores]
        for store in served:
            if store not in names:
                raise ValueError(f"relocation.backends: there is no [[stores]] named {store!r}")
            if served.count(store) > 1:
                raise ValueError(f"relocation.backends: the store {store!r} is served twice")
