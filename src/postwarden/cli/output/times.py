"""Times for people, in the provider's zone. Own names, so that no locale changes a report."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from postwarden.vocabulary import Moment, rfc3339

NO_TIME = "at an unknown time"

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local(moment: Moment | None, zone: ZoneInfo) -> datetime | None:
    """Give the moment in the zone; None without one, or beyond the calendar."""
    if moment is None:
        return None
    try:
        return (_EPOCH + timedelta(microseconds=moment)).astimezone(zone)
    except OverflowError:
        return None


def full(moment: Moment | None, zone: ZoneInfo) -> str:
    """Write it as "Fri 20 November 02:14 (Amsterdam)"; an hour that comes twice says which."""
    when = local(moment, zone)
    if when is None:
        return NO_TIME
    date = f"{_DAYS[when.weekday()]} {when.day} {_MONTHS[when.month - 1]}"
    twice = when.replace(fold=1 - when.fold).utcoffset() != when.utcoffset()
    place = f"{zone_name(zone)}, {when.tzname()}" if twice else zone_name(zone)
    return f"{date} {when:%H:%M} ({place})"


def with_year(moment: Moment | None, zone: ZoneInfo) -> str:
    """Write it as `full` does, with the year."""
    when = local(moment, zone)
    text = full(moment, zone)
    return text if when is None else text.replace(f" {when:%H:%M} ", f" {when.year} {when:%H:%M} ")


def short(moment: Moment | None, zone: ZoneInfo) -> str:
    """Write it as "Fri 20 Nov 02:14", where the zone is said nearby."""
    when = local(moment, zone)
    if when is None:
        return "not known"
    return f"{_DAYS[when.weekday()]} {day(when)} {when:%H:%M}"


def day(when: datetime) -> str:
    """Write the day as "20 Nov"."""
    return f"{when.day} {_MONTHS[when.month - 1][:3]}"


def zone_name(zone: ZoneInfo) -> str:
    """Name the zone by its city: "Amsterdam" for "Europe/Amsterdam"."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def machine(moment: Moment | None) -> str | None:
    """Write it as RFC 3339 in UTC; None without one, or beyond the calendar."""
    try:
        return None if moment is None else rfc3339(moment)
    except OverflowError:
        return None


def length(microseconds: int) -> str:
    """Write a length of time as "3 h 20 min"; under a minute in seconds."""
    seconds = microseconds // 1_000_000
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    days, minutes = divmod(minutes, 1_440)
    hours, minutes = divmod(minutes, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
