"""Deliveries over time, right and wrong, in buckets that fit a picture. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from postwarden.vocabulary import Moment

MAX_BUCKETS = 96

_MINUTE = 60 * 1_000_000
_DAY = 1_440 * _MINUTE
_LEAST_AROUND = 10 * _MINUTE
_SIZES = tuple(m * _MINUTE for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Copies delivered from `start` (UTC) until the next bucket's start."""

    start: Moment
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Deliveries around the wrong ones.

    Attributes:
        size: length of a bucket, microseconds; whole minutes.
        buckets: without a hole, in order; empty when nothing has a time.
        undated: wrong copies whose time of delivery is not known.
        outside: right copies delivered before the first or after the last bucket.
    """

    size: int
    buckets: tuple[Bucket, ...]
    undated: int
    outside: int

    @property
    def since(self) -> Moment:
        """Start of the first bucket; 0 when there is none."""
        return self.buckets[0].start if self.buckets else 0

    @property
    def until(self) -> Moment:
        """End of the last bucket; 0 when there is none."""
        return self.buckets[-1].start + self.size if self.buckets else 0


def timeline(
    right: Mapping[Moment, int],
    wrong: Iterable[Moment | None],
    zone: ZoneInfo,
    asked: tuple[Moment | None, Moment | None] = (None, None),
) -> Timeline:
    """Draw the timeline.

    Args:
        right: rightful copies by the time of delivery, or by the start of its minute.
        wrong: delivery time of each wrong copy.
        zone: buckets begin at its whole hours and days.
        asked: since and until of the question; the range when nothing wrong was found.

    Returns:
        At most `MAX_BUCKETS` buckets (one more where the range begins within one): the wrong
        copies with half their time before and after, as far as there were deliveries, and with
        ten minutes at least.
    """
    moments = list(wrong)
    dated = [moment for moment in moments if moment is not None]
    known = [*right, *dated]
    undated = len(moments) - len(dated)
    if not known:
        return Timeline(_MINUTE, (), undated, 0)
    first, last = _range(known, dated, asked)
    size = _size(last - first)
    offset = _offset(first, zone)
    start = _floor(first, size, offset)
    rights, wrongs = Counter[int](), Counter[int]()
    outside = 0
    for moment, count in right.items():
        if first <= moment <= last:
            rights[(moment - start) // size] += count
        else:
            outside += count
    for moment in dated:
        wrongs[(moment - start) // size] += 1
    buckets = tuple(
        Bucket(start + place * size, rights[place], wrongs[place])
        for place in range((last - start) // size + 1)
    )
    return Timeline(size, buckets, undated, outside)


def _range(
    known: list[Moment], wrong: list[Moment], asked: tuple[Moment | None, Moment | None]
) -> tuple[Moment, Moment]:
    lowest, highest = min(known), max(known)
    if not wrong:
        since, until = asked
        first = max(lowest, since) if since is not None else lowest
        last = min(highest, until) if until is not None else highest
        return (first, last) if first <= last else (lowest, highest)
    first, last = min(wrong), max(wrong)
    around = max((last - first) // 2, 30 * _MINUTE)
    since, until = max(lowest, first - around), min(highest, last + around)
    return min(since, first - _LEAST_AROUND), max(until, last + _LEAST_AROUND)


def _size(length: int) -> int:
    for size in _SIZES:
        if length < MAX_BUCKETS * size:
            return size
    return (length // (MAX_BUCKETS * _DAY) + 1) * _DAY


def _floor(moment: Moment, size: int, offset: int) -> Moment:
    return (moment + offset) // size * size - offset


def _offset(moment: Moment, zone: ZoneInfo) -> int:
    """Give the zone's distance from UTC in microseconds; 0 where the calendar ends."""
    try:
        offset = datetime.fromtimestamp(moment // 1_000_000, UTC).astimezone(zone).utcoffset()
    except (OverflowError, ValueError, OSError):
        return 0
    return int(offset.total_seconds()) * 1_000_000 if offset else 0
