"""How the ledger is named and anchored."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnchorSettings:
    """One place outside the database: a file, a URL, or a file on a host reached by SSH.

    With `tsa`, the URL of a time-stamp authority, heads are stamped before they go to the file;
    `certificates` is the PEM file that the authority's certificate leads to.
    """

    file: str | None = None
    url: str | None = None
    ssh: str | None = None
    path: str | None = None
    tsa: str | None = None
    certificates: str | None = None


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
