"""What the quarantine needs to know of this installation."""

from dataclasses import dataclass

DAYS = 90


@dataclass(frozen=True, slots=True)
class QuarantineSettings:
    """The [quarantine] section.

    Attributes:
        path: folder of the objects, absolute.
        recipients: age X25519 recipients ("age1…"), whose private halves open the keys of cases.
        days: that an object is kept.
    """

    path: str
    recipients: tuple[str, ...] = ()
    days: int = DAYS
