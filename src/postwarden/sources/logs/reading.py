"""Reads whole sets of logs into records: the entry to this package."""

import os
from collections.abc import Iterator, Sequence

from postwarden.sources.logs.coverage import Coverage, is_missing_between
from postwarden.sources.logs.dovecot import DovecotReader
from postwarden.sources.logs.events import EventReader
from postwarden.sources.logs.files import LineReader, LogFile, rotations
from postwarden.sources.logs.framing import DovecotFrame, EventFrame, Framed, PostfixFrame
from postwarden.sources.logs.journald import JournalFrame
from postwarden.sources.logs.postfix import PostfixReader
from postwarden.sources.logs.sessions import Sessions
from postwarden.sources.logs.stamps import Clock, day
from postwarden.sources.records import (
    AccessRecord,
    DeliveryRecord,
    GapRecord,
    ProblemRecord,
    SpanRecord,
)
from postwarden.sources.settings import LogSettings
from postwarden.vocabulary import Moment, Provider

LogRecord = DeliveryRecord | AccessRecord | GapRecord | SpanRecord | ProblemRecord
_RANK = {"postfix": 0, "journald": 1, "dovecot": 2, "dovecot-events": 3}


def read_logs(
    settings: Sequence[LogSettings], provider: Provider, base: str, *, now: Moment
) -> Iterator[LogRecord]:
    """Read all sets, each file from the oldest rotation on.

    Sets are read in an order that lets exported events know the logins of Dovecot's log.

    Args:
        settings: the sets; their globs are absolute.
        provider: gives time zone and own hosts.
        base: folder to which the cited files are relative.
        now: when this is read; no inferred year is later.

    Yields:
        Records in the order in which they became known, which is not strictly that of time.
    """
    sessions = Sessions()
    for one in sorted(settings, key=lambda each: _RANK.get(each.format, 9)):
        yield from read_set(one, provider, base, now=now, sessions=sessions)


def read_set(
    settings: LogSettings,
    provider: Provider,
    base: str,
    *,
    now: Moment,
    sessions: Sessions | None = None,
) -> Iterator[LogRecord]:
    """Read one set of logs; sets may be read in different processes.

    Without common `sessions`, exported events of a master user's session name no actor: `read_logs`
    keeps them, and so does a process that reads the "dovecot" set before the "dovecot-events" set.
    Other arguments and the yield are as in `read_logs`.
    """
    return _SetReading(settings, provider, base, now, sessions or Sessions()).records()


class _SetReading:
    def __init__(
        self,
        settings: LogSettings,
        provider: Provider,
        base: str,
        now: Moment,
        sessions: Sessions,
    ) -> None:
        self._settings = settings
        self._provider = provider
        self._base = base
        self._now = now
        self._source = settings.format
        self._coverage = Coverage()
        self._frame = _frame(settings, provider, sessions)
        self._assumed: set[str] = set()

    def records(self) -> Iterator[LogRecord]:
        groups = rotations(self._settings.path)
        if not groups:
            yield self._problem("no-files", self._settings.path, "no file matches this path")
        for group in groups:
            clock = Clock(self._provider.zone, self._settings.year, _written(group[0], self._now))
            older: LogFile | None = None
            for entry in group:
                missing = older is not None and is_missing_between(older, entry)
                yield from self._file(entry, clock, missing)
                older = entry
            yield from self._assumptions(group, clock)
        self._frame.finish()
        yield from self._frame.records()
        yield from self._coverage.finish()

    def _file(self, entry: LogFile, clock: Clock, missing: bool) -> Iterator[LogRecord]:
        file = os.path.relpath(entry.path, self._base)
        reader = LineReader(entry.path)
        self._frame.begin(file, clock)
        self._coverage.begin(file, missing=missing)
        number = strange = first_strange = 0
        take, note = self._frame.line, self._coverage.note
        for lines in reader.blocks():
            for text in lines:
                number += 1
                seen = take(text, number)
                if seen is not None:
                    note(seen, number)
                elif text:
                    strange += 1
                    first_strange = first_strange or number
            yield from self._frame.records()
        yield from self._coverage.spans()
        if strange:
            detail = f"{strange} lines that are no log lines of this format"
            yield self._problem("strange-lines", file, detail, file, first_strange)
        if reader.cut:
            detail = f"{reader.cut} lines were too long and were cut"
            yield self._problem("long-lines", file, detail, file)
        if reader.damage is not None:
            yield self._problem(
                reader.damage.code, file, reader.damage.detail, file, number or None
            )

    def _assumptions(self, group: list[LogFile], clock: Clock) -> Iterator[ProblemRecord]:
        file = os.path.relpath(group[0].path, self._base)
        if clock.first_year is not None and self._settings.year is None:
            detail = f"the first time stamp is taken to be of {clock.first_year}, by the file's age"
            yield from self._once("year-inferred", detail, file)
        if clock.naive and self._provider.timezone is None:
            detail = f"time stamps without a zone are taken to be in {self._provider.zone.key}"
            yield from self._once("zone-assumed", detail, file)

    def _once(self, code: str, detail: str, file: str) -> Iterator[ProblemRecord]:
        if code not in self._assumed:
            self._assumed.add(code)
            yield self._problem(code, self._settings.path, detail, file, 1)

    def _problem(
        self, code: str, subject: str, detail: str, file: str | None = None, line: int | None = None
    ) -> ProblemRecord:
        return ProblemRecord(self._source, code, subject, detail, file, line)


def _frame(settings: LogSettings, provider: Provider, sessions: Sessions) -> Framed:
    host = (settings.host or "").lower()
    if settings.format == "journald":
        return JournalFrame(
            PostfixReader(provider), DovecotReader(sessions), EventReader(sessions), host
        )
    if settings.format == "dovecot":
        return DovecotFrame(DovecotReader(sessions), host)
    if settings.format == "dovecot-events":
        return EventFrame(EventReader(sessions), host)
    return PostfixFrame(PostfixReader(provider), host)


def _written(entry: LogFile, now: Moment) -> Moment:
    """Give when a file was last written, as far as can be told, but not after now."""
    if entry.date:
        written = day(entry.date)
        if written is not None:
            return min(written, now)
    try:
        return min(os.stat(entry.path).st_mtime_ns // 1000, now)
    except OSError:
        return now
