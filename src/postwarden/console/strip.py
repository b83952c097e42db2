"""A strip of time for each log: what it covers is solid, what it should cover and does not is hatched."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from postwarden.vocabulary import Moment

WIDTH = 1_000
"""Units of a strip's length."""


class Piece(NamedTuple):
    """A stretch of a strip, in units of its length."""

    start: float
    length: float


class Strip(NamedTuple):
    """A log of a host: what it covers, and its gaps."""

    name: str
    covered: tuple[Piece, ...]
    gaps: tuple[Piece, ...]


Stretch = tuple[str, Moment, Moment]
"""The name of a log, from when, until when."""


def strips(covered: Sequence[Stretch], gaps: Sequence[Stretch]) -> list[Strip]:
    """Lay logs out beside each other on one scale of time, by name; nothing where none covers anything."""
    every = [*covered, *gaps]
    if not every:
        return []
    first = min(since for _, since, _ in every)
    scale = WIDTH / max(max(until for _, _, until in every) - first, 1)

    def laid(some: Iterable[Stretch], name: str) -> tuple[Piece, ...]:
        return tuple(
            Piece((since - first) * scale, max((until - since) * scale, 1.0))
            for own, since, until in some
            if own == name
        )

    names = sorted({name for name, _, _ in every})
    return [Strip(name, laid(covered, name), laid(gaps, name)) for name in names]
