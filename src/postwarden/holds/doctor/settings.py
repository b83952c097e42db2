"""What the doctor needs to know: its account, and the doors that clients use."""

from dataclasses import dataclass
from enum import StrEnum


class Protocol(StrEnum):
    """What is spoken at a door."""

    IMAP = "imap"
    POP3 = "pop3"
    SIEVE = "sieve"
    SUBMISSION = "submission"
    SMTP = "smtp"
    LMTP = "lmtp"


DELIVERING = frozenset({Protocol.SMTP, Protocol.LMTP})


@dataclass(frozen=True, slots=True)
class Door:
    """Where a protocol is spoken.

    Attributes:
        protocol: submission where logins are taken, smtp and lmtp where mail is brought.
        host: name or address.
        port: of TCP.
        tls: from the first byte; else as soon as the server offers it.
    """

    protocol: Protocol
    host: str
    port: int
    tls: bool = False

    @property
    def name(self) -> str:
        """Name it for people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.protocol}{'s' if self.tls else ''}://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class DoctorSettings:
    """The [doctor] section.

    Attributes:
        account: the throw-away account, in normal form.
        password_file: absolute path of the file with its password.
        doors: where clients log in, and where mail is brought.
        dovecot: absolute path of dovecot.conf; None where no Dovecot is on this host.
        postfix: absolute path of the folder of main.cf; None where no Postfix is on this host.
    """

    account: str
    password_file: str
    doors: tuple[Door, ...]
    dovecot: str | None = None
    postfix: str | None = None
