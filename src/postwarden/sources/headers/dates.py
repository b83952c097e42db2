"""Dates of trace lines (RFC 5322 section 3.3) as moments."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from postwarden.vocabulary import Moment

_DATE = re.compile(
    r"\s*(?:[A-Za-z]{3}\s*,)?\s*(\d{1,2})\s+([A-Za-z]{3})\s+(\d{4})"
    r"\s+(\d\d):(\d\d)(?::(\d\d))?\s+([+-])(\d\d)(\d\d)(?:\s*\([^()]{0,64}\))?\s*\Z"
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}


@lru_cache(maxsize=1024)
def _day(day: int, month: str, year: int) -> int | None:
    """Seconds since the epoch at the start of a day, UTC; None for a day that never was."""
    number = _MONTHS.get(month.lower())
    if number is None:
        return None
    try:
        return int(datetime(year, number, day, tzinfo=UTC).timestamp())
    except ValueError:
        return None


def moment_of_date(text: str) -> Moment | None:
    """Read a date as mail servers write it; None when it is not one.

    Zones by name without digits ("EST") are not read: no current server writes them.
    """
    if len(text) > 128:
        return None
    match = _DATE.match(text)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    start = _day(int(day), month, int(year))
    if start is None or int(hour) > 23 or int(minute) > 59 or int(second or 0) > 60:
        return None
    away = int(zone_hours) * 3600 + int(zone_minutes) * 60
    seconds = start + int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    return (seconds + (away if sign == "-" else -away)) * 1_000_000
