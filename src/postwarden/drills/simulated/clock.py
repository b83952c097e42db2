"""Virtual time: whole microseconds since the Unix epoch, and what is due when."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

ZONE = timezone(timedelta(hours=1), "CET")
"""Europe/Amsterdam in November, when every world plays."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(text: str) -> int:
    """Read a local date-time such as `2026-11-20 09:00:00`."""
    return (datetime.fromisoformat(text).replace(tzinfo=ZONE) - _EPOCH) // timedelta(microseconds=1)


def local(at: int) -> datetime:
    """Give a moment as the provider's local time."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(ZONE)


def rfc3339(at: int) -> str:
    """Write a moment as RFC 3339 in UTC."""
    return local(at).astimezone(UTC).isoformat().replace("+00:00", "Z")


class Clock:
    """Runs acts in the order of their times; during one, `now` is its time or a little later."""

    def __init__(self, start: int) -> None:
        self.now = start
        self._due: list[tuple[int, int, Callable[[], object]]] = []
        self._planned = 0

    def at(self, when: int, act: Callable[[], object]) -> None:
        """Plan an act; acts of the same moment run in the order in which they were planned."""
        self._planned += 1
        heapq.heappush(self._due, (when, self._planned, act))

    def tick(self, microseconds: int = 150) -> int:
        """Let a little time pass inside an act; give the new time."""
        self.now += microseconds
        return self.now

    def run(self) -> None:
        """Run everything that is due, and what that plans in turn."""
        while self._due:
            when, _, act = heapq.heappop(self._due)
            self.now = max(self.now, when)
            act()
