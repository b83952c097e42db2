"""When a silence cannot be chance. Pure decisions on active minutes.

A minute is active when the log has a line of it; bursts count once, so that the counts behave much
better than lines do. A silence is a gap when one of two tests says so:

- Busy neighbours: of the 30 and of the 120 minutes before it, and after it, at least half were
  active, and a silence of that length has a chance below 1e-9 if minutes went on being active as
  before ((1 - share) ** minutes). A quiet night fails this: activity fades before
  it and rises after it.
- Other days: the same clock time was never quiet: on at least three other days within a week,
  the day exactly a week away among them, it had 20 active minutes or more (Poisson: a chance of
  2e-9).

A silence that the log also has at the same clock time a week away, or on half of the other days, is
a habit, and never a gap.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from postwarden.vocabulary import Moment

MINUTE = 60_000_000
SHORTEST = 15
_DAY = 1_440
_SHARE = 0.5
_CHANCE = 1e-9
_NEVER_QUIET = 20
_HABIT = 0.1


class Silence(NamedTuple):
    """A stretch without lines; `since` and `until` are the last and first moments around it."""

    since: Moment
    until: Moment
    file: str
    line: int
    reason: str


def is_gap(minutes: Sequence[int], silence: Silence) -> bool:
    """Decide whether a silence cannot be chance.

    Args:
        minutes: the active minutes of the log, ascending, without repetition.
        silence: one of the stretches between them.
    """
    first, last = silence.since // MINUTE + 1, silence.until // MINUTE - 1
    length = last - first + 1
    if length < SHORTEST:
        return False
    others = _other_days(minutes, first, last)
    quiet = {days for days, active in others.items() if _is_quiet(active, length)}
    if quiet & {-7, 7} or (quiet and 2 * len(quiet) >= len(others)):
        return False
    share = min(
        _share(minutes, low, high)
        for low, high in (
            (first - 120, first - 1),
            (first - 30, first - 1),
            (last + 1, last + 120),
            (last + 1, last + 30),
        )
    )
    if share >= _SHARE and (1 - share) ** length < _CHANCE:
        return True
    weekly = 7 in others or -7 in others
    return weekly and len(others) >= 3 and min(others.values()) >= _NEVER_QUIET


def _is_quiet(active: int, length: int) -> bool:
    return active < _NEVER_QUIET and active <= _HABIT * length


def _share(minutes: Sequence[int], low: int, high: int) -> float:
    """Give the share of active minutes, as far as the log reaches (at least half an hour)."""
    low, high = max(low, minutes[0]), min(high, minutes[-1])
    width = high - low + 1
    return _active(minutes, low, high) / (width + 1) if width >= 30 else 0.0


def _active(minutes: Sequence[int], low: int, high: int) -> int:
    return bisect_right(minutes, high) - bisect_left(minutes, low)


def _other_days(minutes: Sequence[int], first: int, last: int) -> dict[int, int]:
    """Give the active minutes of the same clock time on other days that the log covers."""
    counts = {}
    for days in (*range(-7, 0), *range(1, 8)):
        low, high = first + days * _DAY, last + days * _DAY
        outside = high >= first if days < 0 else low <= last
        if not outside and minutes[0] <= low and high <= minutes[-1]:
            counts[days] = _active(minutes, low, high)
    return counts
