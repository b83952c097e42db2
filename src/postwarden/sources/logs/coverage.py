"""What the files of one set cover, host by host: spans, silences, lost lines, missing rotations."""

import re
from array import array
from collections.abc import Iterator

from postwarden.sources.logs.files import LogFile
from postwarden.sources.logs.gaps import MINUTE, SHORTEST, Silence, is_gap
from postwarden.sources.records import GapRecord, SpanRecord
from postwarden.vocabulary import Moment

_STARTS = ("daemon started -- ", " starting up for ")
_DROPPING = re.compile(r"begins? to drop messages\b.*due to rate-limiting")
_LOST = re.compile(r"\blost \d+ messages\b|\d+ messages lost due to rate-limiting")
_SUPPRESSED = re.compile(r"\bSuppressed \d+ messages from ")
_SUPPRESSION = 30_000_000
"""journald.conf(5): RateLimitIntervalSec is 30 s unless set."""
_KEPT = 10_000

Seen = tuple[str, str, Moment, bool, str]
"""A line's server, host, when, understood, and what the system says of logging itself.

An empty server marks a line that belongs to none of the servers read here.
"""


class _Track:
    """One server's lines on one host."""

    def __init__(self) -> None:
        self.minutes = array("q")
        self.minute = -1
        self.latest: Moment = 0
        self.silences: list[Silence] = []
        self.dropping: tuple[Moment, str, int] | None = None
        self.begin()

    def begin(self) -> None:
        self.first: Moment | None = None
        self.last: Moment = 0
        self.lines = 0
        self.understood = 0


class Coverage:
    """Follows the lines of one set of files, in the order of writing."""

    def __init__(self) -> None:
        self._tracks: dict[tuple[str, str], _Track] = {}
        self._file = ""
        self._missing = False
        self.gaps: list[GapRecord] = []

    def begin(self, file: str, *, missing: bool) -> None:
        """Say which file comes next, and whether a rotation before it is missing."""
        self._file = file
        self._missing = missing

    def note(self, seen: Seen, line: int) -> None:
        """Count one line."""
        server, host, moment, understood, notice = seen
        if not server:
            return
        track = self._tracks.get((server, host))
        if track is None:
            track = self._tracks[server, host] = _Track()
        minute = moment // MINUTE
        if minute > track.minute:
            self._turn(track, moment, line, notice)
        if track.first is None:
            track.first = moment
            self._first_of_file(track, server, host, line)
        track.lines += 1
        track.understood += understood
        if moment > track.last:
            track.last = moment
            track.latest = max(track.latest, moment)
        if notice:
            self._lost(track, seen, line)

    def _turn(self, track: _Track, moment: Moment, line: int, notice: str) -> None:
        minute = moment // MINUTE
        if track.minute >= 0 and minute - track.minute > SHORTEST:
            reason = "silence" if track.first is not None else "rotation"
            if any(start in notice for start in _STARTS):
                reason = "restart"
            missing = self._missing and track.first is None
            if not missing and len(track.silences) < _KEPT:
                track.silences.append(Silence(track.latest, moment, self._file, line, reason))
        track.minute = minute
        track.minutes.append(minute)

    def _first_of_file(self, track: _Track, server: str, host: str, line: int) -> None:
        since, until = track.latest, track.first or 0
        if self._missing and 0 < since < until:
            self.gaps.append(GapRecord(server, host, since, until, "rotation", self._file, line))

    def _lost(self, track: _Track, seen: Seen, line: int) -> None:
        server, host, moment, _, notice = seen
        if _DROPPING.search(notice):
            track.dropping = (moment, self._file, line)
            return
        if _LOST.search(notice):
            since = track.dropping[0] if track.dropping else track.minute * MINUTE
        elif _SUPPRESSED.search(notice):
            since = moment - _SUPPRESSION
        else:
            return
        track.dropping = None
        self.gaps.append(GapRecord(server, host, since, moment, "rate-limited", self._file, line))

    def spans(self) -> Iterator[SpanRecord]:
        """Give what the file just read covers, and begin anew."""
        for (server, host), track in self._tracks.items():
            if track.first is not None:
                yield SpanRecord(
                    server,
                    host,
                    self._file,
                    track.first,
                    track.last,
                    track.lines,
                    track.understood,
                )
            track.begin()

    def finish(self) -> Iterator[GapRecord]:
        """Give the gaps, at the end of the set."""
        yield from self.gaps
        for (server, host), track in self._tracks.items():
            for silence in track.silences:
                if is_gap(track.minutes, silence):
                    yield GapRecord(
                        server,
                        host,
                        silence.since,
                        silence.until,
                        silence.reason,
                        silence.file,
                        silence.line,
                    )
            if track.dropping is not None:
                since, file, line = track.dropping
                yield GapRecord(server, host, since, track.latest, "rate-limited", file, line)


def is_missing_between(older: LogFile, newer: LogFile) -> bool:
    """Decide whether numbered rotations lack one between two neighbours."""
    both_numbered = not older.date and not newer.date
    return both_numbered and older.number - newer.number > 1
