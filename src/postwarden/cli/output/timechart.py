"""The geometry of the picture of deliveries over time; the template draws it.

Horizontal places are percentages, so that the picture fits any page while its text keeps its size;
vertical ones are pixels.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from postwarden.cli.output import times
from postwarden.verdicts.service import Bucket, LogCoverage, Summary, Timeline
from postwarden.vocabulary import Moment

RIGHT_BASE, RIGHT_HEIGHT = 104, 80
WRONG_BASE, WRONG_HEIGHT = 204, 70
STRIPS_TOP, STRIP_HEIGHT = 240, 30

_MINUTE = 60 * 1_000_000
_DAY = 1_440 * _MINUTE
_STEPS = tuple(m * _MINUTE for m in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440))
_TICKS = 5


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the time axis, in per cent of its length, and what to say of it."""

    x: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bucket: heights in pixels above the two base lines."""

    x: float
    width: float
    right: float
    wrong: float
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the time axis; `anchor` is SVG's text-anchor."""

    x: float
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Strip:
    """What one log covers, and its gaps; both empty when no such log was read."""

    server: str
    top: int
    covered: tuple[Span, ...]
    gaps: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One bucket in the table that says the same as the picture."""

    when: str
    right: int
    wrong: int


@dataclass(frozen=True, slots=True)
class TimeChart:
    """See the module; `fault` is the time when the wrong map was live, where known."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    strips: tuple[Strip, ...]
    fault: tuple[Span, ...]
    most_right: int
    most_wrong: int
    bucket: str
    height: int
    rows: tuple[Row, ...]


def time_chart(summary: Summary, zone: ZoneInfo) -> TimeChart | None:
    """Lay the picture out; None when no copy has a time."""
    line = summary.timeline
    if not line.buckets:
        return None
    axis = _Axis(line, zone)
    most_right = max(bucket.right for bucket in line.buckets)
    most_wrong = max(bucket.wrong for bucket in line.buckets)
    fault = summary.background.fault
    strips = tuple(axis.strip(number, log) for number, log in enumerate(summary.logs))
    return TimeChart(
        bars=tuple(axis.bar(n, most_right, most_wrong) for n in range(len(line.buckets))),
        ticks=tuple(axis.ticks()),
        strips=strips,
        fault=tuple(axis.spans([(*fault, "The wrong map was live")])) if fault else (),
        most_right=most_right,
        most_wrong=most_wrong,
        bucket=times.length(line.size),
        height=STRIPS_TOP + STRIP_HEIGHT * len(strips),
        rows=tuple(_row(bucket, zone) for bucket in line.buckets if bucket.right or bucket.wrong),
    )


def _row(bucket: Bucket, zone: ZoneInfo) -> Row:
    return Row(times.short(bucket.start, zone), bucket.right, bucket.wrong)


class _Axis:
    """Turns moments into places on the time axis."""

    def __init__(self, line: Timeline, zone: ZoneInfo) -> None:
        self._line = line
        self._zone = zone

    def bar(self, number: int, most_right: int, most_wrong: int) -> Bar:
        bucket = self._line.buckets[number]
        width = 100 / len(self._line.buckets)
        return Bar(
            x=round(number * width + width * 0.08, 3),
            width=round(width * 0.84, 3),
            right=_height(bucket.right, most_right, RIGHT_HEIGHT),
            wrong=_height(bucket.wrong, most_wrong, WRONG_HEIGHT),
            title=(
                f"{times.short(bucket.start, self._zone)}, {times.length(self._line.size)}:"
                f" {bucket.right:,} right, {bucket.wrong:,} wrong"
            ),
        )

    def strip(self, number: int, log: LogCoverage) -> Strip:
        covered = [] if log.first is None or log.last is None else [(log.first, log.last, "")]
        gaps = [
            (gap.since, gap.until, f"Gap of {times.length(gap.until - gap.since)}")
            for gap in log.gaps
        ]
        return Strip(
            server=log.server,
            top=STRIPS_TOP + STRIP_HEIGHT * number,
            covered=tuple(self.spans(covered)),
            gaps=tuple(self.spans(gaps)),
        )

    def spans(self, stretches: Iterable[tuple[Moment, Moment, str]]) -> Iterator[Span]:
        """Place what of the stretches lies on the axis; the shortest stays visible."""
        line = self._line
        for since, until, title in stretches:
            first, last = max(since, line.since), min(until, line.until)
            if first <= last:
                x, end = self._place(first), self._place(last)
                yield Span(min(x, 99.7), round(max(end - x, 0.3), 3), title)

    def ticks(self) -> Iterator[Tick]:
        line = self._line
        length = line.until - line.since
        step = next((s for s in _STEPS if length <= s * _TICKS), 0)
        step = step or (length // (_TICKS * _DAY) + 1) * _DAY
        offset = self._offset(line.since)
        moment = -(-(line.since + offset) // step) * step - offset
        while moment <= line.until:
            x = self._place(moment)
            anchor = "start" if x < 4 else ("end" if x > 96 else "middle")
            yield Tick(x, self._label(moment, step), anchor)
            moment += step

    def _label(self, moment: Moment, step: int) -> str:
        when = times.local(moment, self._zone)
        if when is None:
            return ""
        if step >= _DAY or not (when.hour or when.minute):
            return times.day(when)
        return f"{when:%H:%M}"

    def _offset(self, moment: Moment) -> int:
        when = times.local(moment, self._zone)
        offset = when.utcoffset() if when else None
        return int(offset.total_seconds()) * 1_000_000 if offset else 0

    def _place(self, moment: Moment) -> float:
        line = self._line
        return round((moment - line.since) * 100 / (line.until - line.since), 3)


def _height(count: int, most: int, room: int) -> float:
    return round(max(2.0, count * room / most), 1) if count else 0.0
