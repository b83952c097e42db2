"""How dense the delivery logs are around a moment.

A header names a queue id that no log knows. In a dense minute of the log that means the header is not
this provider's; in a sparse one it may be that the log is not whole.
"""

from bisect import bisect_left

from postwarden.evidence.service import Engine
from postwarden.vocabulary import Moment

_NEAR = 60
"""Seconds: lines at most this far before and after make a moment dense."""


class Density:
    """Answers from the seconds in which Postfix accepted messages; read once, when first asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seconds: list[int] | None = None

    def dense(self, moment: Moment) -> bool:
        """Tell whether messages were logged shortly before and shortly after the moment."""
        if self._seconds is None:
            self._seconds = self._read()
        second = moment // 1_000_000
        place = bisect_left(self._seconds, second)
        if place == 0 or place == len(self._seconds):
            return False
        return second - self._seconds[place - 1] <= _NEAR and self._seconds[place] - second <= _NEAR

    def _read(self) -> list[int]:
        lines = self._engine.tables["deliveries"]
        lines = lines.filter(lines.server == "postfix", lines.accepted_at.notnull())
        seconds = lines.select(second=lines.accepted_at // 1_000_000).distinct()
        column: list[int] = self._engine.table(seconds).column("second").to_pylist()
        return sorted(column)
