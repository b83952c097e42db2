"""What holds need to know of this host and its servers."""

from dataclasses import dataclass

REMIND_HOURS = 24


@dataclass(frozen=True, slots=True)
class DovecotSettings:
    """A Dovecot whose sessions and filters are Postwarden's to end and suspend.

    Attributes:
        url: of its doveadm HTTP API.
        api_key: of that API.
    """

    url: str
    api_key: str


@dataclass(frozen=True, slots=True)
class WebmailSettings:
    """A webmail that keeps sessions of its own.

    Attributes:
        url: where it is told of holds and releases.
        key: what it is shown, so that it believes it; None for nothing.
    """

    url: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class HoldSettings:
    """The [holds] section.

    Attributes:
        path: folder of the projection, absolute; Dovecot and Postfix of this host read it.
        host: where the policy server of this host listens.
        port: likewise.
        key: what Dovecot must show the policy server; None where any local process may ask.
        dovecots: those that serve the accounts; filters are suspended on the first one.
        webmails: those that are told of each hold and release.
        remind_hours: until a hold is first recalled, and again and again while it lasts.
    """

    path: str
    host: str = "127.0.0.1"
    port: int = 11800
    key: str | None = None
    dovecots: tuple[DovecotSettings, ...] = ()
    webmails: tuple[WebmailSettings, ...] = ()
    remind_hours: int = REMIND_HOURS
