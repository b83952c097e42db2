"""Clocks that law starts for a case, from what is known of it (pure)."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from postwarden.cases.values import Case, Stage, Work
from postwarden.vocabulary import Moment

_HOUR = 3_600_000_000
AUTHORITY = 72 * _HOUR
"""GDPR article 33(1): the authority is told within 72 hours after having become aware."""


class Due(StrEnum):
    """What is to be done before a clock runs out; shells have the sentences."""

    AUTHORITY = "authority"


class Clock(NamedTuple):
    """A clock that runs.

    Attributes:
        case: reference.
        due: what is to be done.
        since: when it was started.
        until: when it runs out.
    """

    case: str
    due: Due
    since: Moment
    until: Moment

    def left(self, now: Moment) -> int:
        """Give the microseconds left; less than nothing once it ran out."""
        return self.until - now

    def share(self, now: Moment) -> int:
        """Give how much of its time is over, in per cent."""
        return min(max((now - self.since) * 100 // (self.until - self.since), 0), 100)


def clocks(cases: Iterable[Case]) -> list[Clock]:
    """Give the clocks that run in these cases, the one that runs out first before all others."""
    found = [one for case in cases if (one := _authority(case)) is not None]
    return sorted(found, key=lambda one: one.until)


def _authority(case: Case) -> Clock | None:
    """It runs until the authority was told, or somebody noted that it need not be."""
    aware, told = case.times.aware, case.times.reported
    done = any(one.work is Work.REPORT_AUTHORITY and one.done_at is not None for one in case.tasks)
    if case.stage is not Stage.OPEN or aware is None or told is not None or done:
        return None
    return Clock(case.reference, Due.AUTHORITY, aware, aware + AUTHORITY)
