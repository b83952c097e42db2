"""The geometry of the flow picture: from whose address into whose mailbox; the template draws it.

Two columns of names with bands between them. Vertical places are pixels; the bands lie in a drawing
100 units wide that is stretched to the room there is.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from postwarden.cli.output.figures import counted
from postwarden.verdicts.service import Flow, Opened, Summary

SHOWN = 20
"""Flows drawn one by one; the rest is one band between two counts."""

TOLD: Mapping[str, str] = MappingProxyType(
    {"yes": "opened", "unknown": "not known whether opened", "no": "not opened"}
)
"""How it is said whether copies were opened."""

_SLOT = 38
_THINNEST = 1.5
_TALLEST = 480
_THICKEST = 14


@dataclass(frozen=True, slots=True)
class End:
    """A name at one side; `top` and `height` are those of its bar."""

    name: str
    copies: int
    top: float
    height: float


@dataclass(frozen=True, slots=True)
class Band:
    """Copies of one flow that were opened ("yes"), not ("no"), or of which it is not known.

    `target` is the place of the mailbox among the summary's holders, from 1; None for the rest.
    """

    opened: str
    path: str
    title: str
    target: int | None


@dataclass(frozen=True, slots=True)
class FlowChart:
    """See the module; `merged` flows are drawn as one."""

    left: tuple[End, ...]
    right: tuple[End, ...]
    bands: tuple[Band, ...]
    height: int
    merged: int


@dataclass(frozen=True, slots=True)
class _Link:
    """A band between two names; `parts` are its copies by whether they were opened."""

    source: str
    target: str
    parts: tuple[tuple[str, int], ...]

    @property
    def copies(self) -> int:
        return sum(count for _, count in self.parts)

    def thickness(self, scale: float) -> float:
        return sum(_thickness(count, scale) for _, count in self.parts)


def flow_chart(summary: Summary) -> FlowChart | None:
    """Lay the picture out; None when nothing was misdelivered."""
    links = _links(summary.flows)
    if not links:
        return None
    scale = min(_THICKEST, _TALLEST / sum(link.copies for link in links))
    sources = list(dict.fromkeys(link.source for link in links))
    targets = _by_neighbours([(link.target, link.source, link.copies) for link in links], sources)
    sources = _by_neighbours([(link.source, link.target, link.copies) for link in links], targets)
    links.sort(key=lambda link: (sources.index(link.source), targets.index(link.target)))
    from_source = _grouped(links, sources, "source")
    from_target = _grouped(links, targets, "target")
    height = max(_tall(from_source, scale), _tall(from_target, scale))
    left = _column(from_source, scale, height)
    right = _column(from_target, scale, height)
    places = {holder.account: place for place, holder in enumerate(summary.holders, 1)}
    return FlowChart(
        left=tuple(left.values()),
        right=tuple(right.values()),
        bands=tuple(_bands(links, left, right, scale, places)),
        height=round(height),
        merged=max(0, len(summary.flows) - SHOWN),
    )


def _links(flows: Sequence[Flow]) -> list[_Link]:
    links = [_Link(flow.original, flow.holder, _parts([flow.opened])) for flow in flows[:SHOWN]]
    rest = flows[SHOWN:]
    if rest:
        source = counted(len({flow.original for flow in rest}), "address")
        target = counted(len({flow.holder for flow in rest}), "mailbox")
        links.append(_Link(source, target, _parts([flow.opened for flow in rest])))
    return links


def _parts(opened: Sequence[Opened]) -> tuple[tuple[str, int], ...]:
    counts = [
        ("yes", sum(one.yes for one in opened)),
        ("unknown", sum(one.unknown for one in opened)),
        ("no", sum(one.no for one in opened)),
    ]
    return tuple((name, count) for name, count in counts if count)


def _by_neighbours(pairs: Iterable[tuple[str, str, int]], others: Sequence[str]) -> list[str]:
    """Order one side by where its bands lead at the other, so that few of them cross."""
    leads: defaultdict[str, list[int]] = defaultdict(list)
    for name, other, copies in pairs:
        leads[name] += [others.index(other)] * copies
    return sorted(leads, key=lambda name: (sum(leads[name]) / len(leads[name]), name))


def _grouped(
    links: Iterable[_Link], order: Sequence[str], side: Literal["source", "target"]
) -> dict[str, list[_Link]]:
    groups: dict[str, list[_Link]] = {name: [] for name in order}
    for link in links:
        groups[link.source if side == "source" else link.target].append(link)
    return groups


def _slot(links: Iterable[_Link], scale: float) -> float:
    return max(_SLOT, sum(link.thickness(scale) for link in links) + 8)


def _tall(groups: Mapping[str, Sequence[_Link]], scale: float) -> float:
    return sum(_slot(links, scale) for links in groups.values())


def _column(groups: Mapping[str, Sequence[_Link]], scale: float, height: float) -> dict[str, End]:
    top = (height - _tall(groups, scale)) / 2
    ends = {}
    for name, links in groups.items():
        slot, thick = _slot(links, scale), sum(link.thickness(scale) for link in links)
        copies = sum(link.copies for link in links)
        ends[name] = End(name, copies, round(top + (slot - thick) / 2, 2), round(thick, 2))
        top += slot
    return ends


def _bands(
    links: Sequence[_Link],
    left: Mapping[str, End],
    right: Mapping[str, End],
    scale: float,
    places: Mapping[str, int],
) -> Iterator[Band]:
    """Draw the bands; within a name they lie in the order of the names at their other end."""
    leave = {name: end.top for name, end in left.items()}
    arrive = {name: end.top for name, end in right.items()}
    for link in links:
        for opened, count in link.parts:
            thick = _thickness(count, scale)
            yield Band(
                opened=opened,
                path=_path(leave[link.source], arrive[link.target], thick),
                title=f"{link.source} to {link.target}: {counted(count, 'copy')}, {TOLD[opened]}",
                target=places.get(link.target),
            )
            leave[link.source] += thick
            arrive[link.target] += thick


def _thickness(count: int, scale: float) -> float:
    return max(_THINNEST, count * scale)


def _path(start: float, end: float, thick: float) -> str:
    upper = f"M0 {start:.2f}C50 {start:.2f} 50 {end:.2f} 100 {end:.2f}"
    lower = f"V{end + thick:.2f}C50 {end + thick:.2f} 50 {start + thick:.2f} 0 {start + thick:.2f}Z"
    return upper + lower
