"""Stamps of log lines: classic syslog (RFC 3164 section 4.1.2), RFC 3339 and ISO without a zone.

A classic stamp has no year and no zone. The zone is the provider's. The year of the first one is
given or inferred; after that it advances whenever the months turn back by half a year.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from postwarden.vocabulary import Moment, moment_of

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock:
    """Reads the stamps of one rotation in the order of writing.

    Args:
        zone: of stamps that name none.
        year: of the first classic stamp; None to infer the latest one that is not after `latest`.
        latest: when the oldest file was last written, in UTC.

    Attributes:
        first_year: the year taken for the first classic stamp; None as long as there was none.
        naive: whether a stamp without a zone was read.
    """

    def __init__(self, zone: ZoneInfo, year: int | None, latest: Moment) -> None:
        self._zone = zone
        self._latest = _EPOCH + timedelta(microseconds=latest) + timedelta(days=1)
        self._year = year
        self._month = 0
        self.first_year: int | None = None
        self.naive = False
        self._stamp = ""
        self._moment: Moment = 0
        self._hour = ""
        self._base: Moment | None = None
        self._parts = (1970, 1, 1, 0)
        self._second_pass = False

    def split(self, line: str) -> tuple[Moment, str] | None:
        """Give the moment of a line and what follows its stamp; None without a stamp."""
        if line[:1] == "<":
            line = _without_priority(line)
        if line[15:16] == " " and line[3:4] == " ":
            stamp, rest = line[:15], line[16:]
        elif line[4:5] == "-" and line[10:11] == "T":
            stamp, _, rest = line.partition(" ")
        elif line[4:5] == "-" and line[10:11] == " ":
            end = line.find(" ", 11)
            stamp, rest = (line[:end], line[end + 1 :]) if end > 0 else (line, "")
        else:
            return None
        if stamp != self._stamp:
            moment = self._read(stamp)
            if moment is None:
                return None
            self._stamp, self._moment = stamp, moment
        return self._moment, rest

    def _read(self, stamp: str) -> Moment | None:
        try:
            if stamp[3:4] == " ":
                return self._local(stamp[:9], stamp[9:], 0)
            when = datetime.fromisoformat(stamp)
            if when.tzinfo is not None:
                return (when - _EPOCH) // _MICROSECOND
            return self._local(stamp[:13], stamp[13:19], when.microsecond)
        except (ValueError, OverflowError):
            return None

    def _local(self, hour: str, rest: str, fraction: int) -> Moment:
        if rest[:1] != ":" or rest[3:4] != ":":
            raise ValueError(rest)
        if hour != self._hour:
            self._enter(hour)
        self.naive = True
        minute, second = int(rest[1:3]), int(rest[4:6])
        if self._base is not None:
            return self._base + minute * _MINUTE + second * _SECOND + fraction
        return self._repeated(minute, min(second, 59)) + fraction

    def _enter(self, hour: str) -> None:
        parts = self._classic_hour(hour) if hour[3:4] == " " else _iso_hour(hour)
        start = datetime(*parts, tzinfo=self._zone)
        end = start.replace(minute=59, second=59)
        offsets = {when.replace(fold=fold).utcoffset() for when in (start, end) for fold in (0, 1)}
        self._hour, self._parts = hour, parts
        self._base = moment_of(start) if len(offsets) == 1 else None
        if self._base is not None:
            self._second_pass = False

    def _repeated(self, minute: int, second: int) -> Moment:
        """Place a stamp of the hour that a clock change repeats: time does not run backwards."""
        when = datetime(*self._parts, minute, second, tzinfo=self._zone)
        early, late = moment_of(when), moment_of(when.replace(fold=1))
        if late <= early:
            return early
        if early < self._moment - _MINUTE:
            self._second_pass = True
        return late if self._second_pass else early

    def _classic_hour(self, hour: str) -> tuple[int, int, int, int]:
        month = _MONTHS.get(hour[:3])
        if month is None:
            raise ValueError(hour)
        day, clock = int(hour[4:6]), int(hour[7:9])
        datetime(2024, month, day, clock, tzinfo=UTC)
        if self._year is None:
            self._year = self._inferred(month, day, clock)
        if self.first_year is None:
            self.first_year = self._year
        year = self._year
        if month + 6 <= self._month:
            self._year = year = year + 1
        elif month == 12 and self._month == 1:
            return year - 1, month, day, clock
        self._month = month
        return year, month, day, clock

    def _inferred(self, month: int, day: int, clock: int) -> int:
        for year in range(self._latest.year, self._latest.year - 8, -1):
            if month == 2 and day == 29 and year % 4:
                continue
            if datetime(year, month, day, clock, tzinfo=self._zone) <= self._latest:
                return year
        return self._latest.year


def day(digits: str) -> Moment | None:
    """Give the end of the day that a dated rotation names ("20261120…"), or None."""
    try:
        when = datetime(int(digits[:4]), int(digits[4:6]), int(digits[6:8]), tzinfo=UTC)
    except ValueError:
        return None
    return moment_of(when + timedelta(days=1))


def _iso_hour(hour: str) -> tuple[int, int, int, int]:
    return int(hour[:4]), int(hour[5:7]), int(hour[8:10]), int(hour[11:13])


def _without_priority(line: str) -> str:
    end = line.find(">", 1, 5)
    return line[end + 1 :] if end > 1 and line[1:end].isdigit() else line
