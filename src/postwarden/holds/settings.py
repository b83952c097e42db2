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
class HoldSettings:
    """The [holds] section.

    Attributes:
        path: folder of the projection, absolute; Dovecot and Postfix of this host read it.
        host: where the policy server of this host listens.
        port: likewise.
        key: what Dovecot must show the policy server; None where any local process may ask.
        dovecots: those that serve the accounts; filters are suspended on the first one.
        remind_hours: until a hold is first recalled, and again and again while it lasts.
    """

    path: str
    host: str = "127.0.0.1"
    port: int = 11800
    key: str | None = None
    dovecots: tuple[DovecotSettings, ...] = ()
    remind_hours: int = REMIND_HOURS
