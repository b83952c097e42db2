"""Where the logs are whole: absence of a line proves nothing inside a gap.

Pure. Gaps come from the log readers (rotation, rate limits, silence) and from comparing the sources
with each other (a session that one log names and the other should have).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from postwarden.sources.service import GapRecord, SpanRecord
from postwarden.vocabulary import Moment

SLACK = 5 * 1_000_000
"""Two servers' clocks and log buffers may differ by this much (microseconds)."""

_HOUR = 3_600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Coverage:
    """What each kind of log covers.

    Attributes:
        first: moment of the first line, by server ("postfix", "dovecot", "dovecot-events").
        last: moment of the last line.
        gaps: all gaps, sorted by time.
        spans: what each file covers.
    """

    first: dict[str, Moment]
    last: dict[str, Moment]
    gaps: tuple[GapRecord, ...]
    spans: tuple[SpanRecord, ...] = ()

    @classmethod
    def of(cls, spans: Iterable[SpanRecord], gaps: Iterable[GapRecord]) -> "Coverage":
        """Build it from what the readers and the comparison found."""
        first: dict[str, Moment] = {}
        last: dict[str, Moment] = {}
        files = tuple(spans)
        for span in files:
            first[span.server] = min(span.first, first.get(span.server, span.first))
            last[span.server] = max(span.last, last.get(span.server, span.last))
        return cls(first, last, tuple(sorted(gaps, key=lambda gap: (gap.since, gap.until))), files)

    def whole_since(self, server: str, since: Moment, idle_from: Moment | None = None) -> bool:
        """Tell whether the log was written without a gap from `since` to its end.

        A log that begins later still counts when another log shows that until `idle_from` there was
        nothing to record.
        """
        first = self.first.get(server)
        if first is None:
            return False
        if first > since + SLACK and (idle_from is None or first > idle_from + SLACK):
            return False
        idle = idle_from is not None and idle_from >= max(self.last.values())
        if self.last[server] < since - SLACK and not idle:
            return False
        return not any(gap.server == server and gap.until >= since for gap in self.gaps)

    def whole_between(self, since: Moment, until: Moment) -> bool:
        """Tell whether Postfix's and Dovecot's logs were both written from then until then, gapless."""
        return all(
            self.first.get(server, until + SLACK) <= since + SLACK
            and self.last[server] >= until - SLACK
            and not any(
                gap.server == server and gap.since <= until and gap.until >= since
                for gap in self.gaps
            )
            for server in ("postfix", "dovecot")
        )

    def silent_at(self, moment: Moment | None) -> tuple[str, ...]:
        """Name the logs that say nothing about that moment although they exist."""
        if moment is None:
            return ()
        silent = {s for s, first in self.first.items() if moment < first or moment > self.last[s]}
        silent |= {gap.server for gap in self.gaps if gap.since <= moment <= gap.until}
        return tuple(sorted(silent))


def gaps_from_absence(
    server: str, missing: Iterable[tuple[Moment, str, int]], present: Sequence[Moment]
) -> list[GapRecord]:
    """Draw gaps from lines that another source proves should be there.

    Args:
        server: the log that lacks them.
        missing: when each should have been written, and the file and line that prove it.
        present: sorted moments of lines that are there; a gap never spans one of them.

    Returns:
        One gap for each run of missing lines, at least from the first to the last of the run.
    """
    runs: defaultdict[int, list[tuple[Moment, str, int]]] = defaultdict(list)
    place = 0
    for item in sorted(missing):
        while place < len(present) and present[place] <= item[0]:
            place += 1
        runs[place].append(item)
    return [
        GapRecord(server, "", run[0][0], run[-1][0], "absence", run[0][1], run[0][2])
        for run in runs.values()
    ]
