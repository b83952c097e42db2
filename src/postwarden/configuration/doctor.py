"""The section [doctor]: the throw-away account, and the doors at which it is tried."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from postwarden.configuration.values import FilePath, Model, some
from postwarden.holds.doctor.settings import DELIVERING, DoctorSettings, Door, Protocol
from postwarden.vocabulary import normal

_PORTS = {
    "imap": 143,
    "imaps": 993,
    "pop3": 110,
    "pop3s": 995,
    "sieve": 4190,
    "submission": 587,
    "submissions": 465,
    "smtp": 25,
    "lmtp": 24,
}
_REMEDY = f"write doors such as imap://127.0.0.1:143, of {', '.join(_PORTS)}"


def door(text: str) -> Door:
    """Read a door such as imaps://mail.example.net:993; raise `ValueError`."""
    parts = urlsplit(text)
    scheme, host = parts.scheme, parts.hostname
    if scheme not in _PORTS or not host or parts.path or parts.query or parts.username:
        raise ValueError(_REMEDY)
    tls = scheme in ("imaps", "pop3s", "submissions")
    try:
        port = parts.port or _PORTS[scheme]
    except ValueError:
        raise ValueError(_REMEDY) from None
    return Door(Protocol(scheme[:-1] if tls else scheme), host, port, tls)


def _doors(texts: list[str]) -> list[str]:
    found = [door(text) for text in texts]
    if all(one.protocol in DELIVERING for one in found):
        raise ValueError('write at least one door to log in at, such as "imap://127.0.0.1:143"')
    return texts


class DoctorSection(Model):
    """[doctor]."""

    account: Annotated[str, AfterValidator(some)] = Field(
        description="A throw-away account, made for this alone: it is held and released, and mail to"
        " itself goes through it."
    )
    password_file: FilePath = Field(
        description="File with its password, readable by its owner alone."
    )
    doors: Annotated[list[str], AfterValidator(_doors)] = Field(
        description="Where clients log in: imap://HOST:PORT, imaps, pop3, pop3s, sieve, submission,"
        " submissions; and where mail is brought: smtp or lmtp. TLS is used where it is offered."
        " Submission services of master.cf are tried beside these."
    )
    dovecot: FilePath | None = Field(
        default=None,
        description="dovecot.conf, where Dovecot is on this host; without it, its settings are not"
        " looked at.",
    )
    postfix: FilePath | None = Field(
        default=None,
        description="Folder of main.cf, where Postfix is on this host; without it, neither its"
        " settings nor its queue are looked at.",
    )

    def settings(self) -> DoctorSettings:
        """Give the room's settings."""
        return DoctorSettings(
            account=normal(self.account),
            password_file=self.password_file,
            doors=tuple(door(text) for text in self.doors),
            dovecot=self.dovecot,
            postfix=self.postfix,
        )
