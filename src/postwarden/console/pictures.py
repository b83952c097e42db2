"""The geometry of a case's two pictures (pure): flows from address to mailbox, and deliveries over time.

Horizontal places are per cent, so that a picture fits any page while its text keeps its size; vertical
ones are pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from postwarden.cases.service import Flow
from postwarden.verdicts.service import Timeline, timeline
from postwarden.vocabulary import Moment

SLOT = 32
THICKEST = 20
THINNEST = 1.5
TALL = 120


class Label(NamedTuple):
    """A name at one side, and the middle of its place."""

    name: str
    y: float


class Band(NamedTuple):
    """A flow: a path in a drawing 100 wide, its thickness, and whether some of it was opened."""

    path: str
    thickness: float
    flow: Flow


@dataclass(frozen=True, slots=True)
class FlowPicture:
    """Two columns of names with bands between them."""

    height: int
    left: tuple[Label, ...]
    right: tuple[Label, ...]
    bands: tuple[Band, ...]


class Bar(NamedTuple):
    """The wrong copies of some minutes."""

    x: float
    width: float
    y: float
    height: float
    at: Moment
    copies: int


class Span(NamedTuple):
    """A stretch of the axis."""

    x: float
    width: float


class Tick(NamedTuple):
    """A mark on the axis; `anchor` is SVG's."""

    x: float
    at: Moment
    anchor: str


@dataclass(frozen=True, slots=True)
class TimePicture:
    """Bars over a time axis; `size` is what one bar covers, in microseconds."""

    bars: tuple[Bar, ...]
    fault: Span | None
    ticks: tuple[Tick, ...]
    size: int
    undated: int
    most: int


def flow_picture(flows: Sequence[Flow]) -> FlowPicture | None:
    """Lay flows out; None where there is none."""
    if not flows:
        return None
    left = list(dict.fromkeys(one.addressed for one in flows))
    right = list(dict.fromkeys(one.stored for one in flows))
    height = max(len(left), len(right)) * SLOT
    at_left, at_right = _places(left, height), _places(right, height)
    most = max(one.copies for one in flows)
    bands = tuple(
        Band(
            _path(at_left[one.addressed], at_right[one.stored]),
            round(max(THINNEST, THICKEST * one.copies / most), 1),
            one,
        )
        for one in flows
    )
    return FlowPicture(height, _labels(at_left), _labels(at_right), bands)


def time_picture(
    arrivals: Mapping[Moment | None, int],
    fault: tuple[Moment | None, Moment | None],
    zone: ZoneInfo,
) -> TimePicture | None:
    """Lay deliveries out; None where of none it is known when.

    Args:
        arrivals: wrong copies by the minute they came in; None: not known.
        fault: from when until when it occurred.
        zone: bars begin at its whole hours and days.
    """
    dated = [at for at, many in arrivals.items() if at is not None for _ in range(many)]
    line = timeline({}, dated, zone)
    if not line.buckets:
        return None
    most = max(one.wrong for one in line.buckets)
    width = 100 / len(line.buckets)
    bars = tuple(
        Bar(
            x=round(place * width, 3),
            width=round(width * 0.86, 3),
            y=round(TALL - (tall := max(2.0, one.wrong * TALL / most)), 1),
            height=round(tall, 1),
            at=one.start,
            copies=one.wrong,
        )
        for place, one in enumerate(line.buckets)
        if one.wrong
    )
    return TimePicture(
        bars, _fault(line, fault), _ticks(line), line.size, arrivals.get(None, 0), most
    )


def _places(names: Sequence[str], height: int) -> dict[str, float]:
    slot = height / len(names)
    return {name: round(slot * (place + 0.5), 1) for place, name in enumerate(names)}


def _labels(places: Mapping[str, float]) -> tuple[Label, ...]:
    return tuple(Label(name, y) for name, y in places.items())


def _path(start: float, end: float) -> str:
    return f"M0 {start}C50 {start} 50 {end} 100 {end}"


def _fault(line: Timeline, fault: tuple[Moment | None, Moment | None]) -> Span | None:
    """Place the time of the fault as far as it is on the axis; one that is not known to have ended goes on."""
    since, until = fault
    if since is None:
        return None
    first, last = max(since, line.since), min(line.until if until is None else until, line.until)
    if first > last:
        return None
    x = _place(line, first)
    return Span(min(x, 99.5), round(max(_place(line, last) - x, 0.5), 3))


def _ticks(line: Timeline) -> tuple[Tick, ...]:
    whole = line.until - line.since
    places = ((0, "start"), (whole // 2, "middle"), (whole, "end"))
    return tuple(
        Tick(_place(line, line.since + at), line.since + at, anchor) for at, anchor in places
    )


def _place(line: Timeline, at: Moment) -> float:
    return round((at - line.since) * 100 / (line.until - line.since), 3)
