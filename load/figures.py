"""What answers come to, by route and in all."""

from collections import Counter
from collections.abc import Iterator, Sequence
from math import ceil

from bench.rows import Row, at_most
from load.asking import Answered

_MS = 1_000


def figures(name: str, answered: Sequence[Answered], percent: int, most_ms: float) -> Iterator[Row]:
    """Give the figures of one stream: how late its answers came by route, and whether it was in time.

    Args:
        name: of the stream.
        answered: all of it.
        percent: of its answers are to come in time.
        most_ms: milliseconds that is.
    """
    took = [one.took * _MS for one in answered]
    yield at_most(f"{name}, p{percent}", _at(took, percent), "ms", most_ms)
    yield Row(f"{name}, p50", _at(took, 50), "ms")
    yield Row(f"{name}, slowest", max(took), "ms")
    wrong = sum(not one.good for one in answered)
    yield Row(f"{name}, errors of {len(answered):,}", wrong, "answers", "= 0", wrong == 0)
    for route in sorted({one.route for one in answered}):
        some = [one.took * _MS for one in answered if one.route == route]
        bad = Counter(one.status for one in answered if one.route == route and not one.good)
        for status, count in sorted(bad.items()):
            yield Row(f"{name} {route}, status {status}", count, "answers")
        of = f"{name} {route} ({len(some):,})"
        for part in (50, 95, 99):
            yield Row(f"{of}, p{part}", _at(some, part), "ms")
        yield Row(f"{of}, slowest", max(some), "ms")


def _at(took: Sequence[float], percent: int) -> float:
    """Give the nearest rank."""
    return sorted(took)[ceil(len(took) * percent / 100) - 1]
