"""The provider whose mail is examined, as its operator describes it."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider's own names.

    Attributes:
        name: as people know it.
        domains: own mail domains, lower case, A-labels.
        hosts: own hosts as they write themselves in Received lines and logs, lower case.
        recipient_delimiter: Postfix's setting of that name; each character delimits; may be empty.
        separator: between the levels of folder names as printed, one character.
        timezone: IANA name of the zone in which classic syslog stamps are written; None when not
            configured.
    """

    name: str
    domains: frozenset[str]
    hosts: frozenset[str] = frozenset()
    recipient_delimiter: str = "+"
    separator: str = "/"
    timezone: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of classic stamps; UTC when none is configured."""
        return ZoneInfo(self.timezone or "UTC")
