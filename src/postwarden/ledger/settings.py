"""How the ledger is named and anchored."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnchorSettings:
    """One place outside the database: a file, a URL, or a file on a host reached by SSH."""

    file: str | None = None
    url: str | None = None
    ssh: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The [ledger] section.

    Attributes:
        name: of a new ledger.
        anchors: where tree heads are written.
        interval_seconds: how often they are signed and written.
    """

    name: str
    anchors: tuple[AnchorSettings, ...] = ()
    interval_seconds: int = 60
