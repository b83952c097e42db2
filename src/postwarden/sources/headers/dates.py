"""Dates of trace lines (RFC 5322 section 3.3) as moments."""

import re
from datetime import UTC, datetime
from functools import lru_cache

from postwarden.vocabulary import Moment

_DATE = re.compile(
    r"\s*(?:[A-Za-z]{3}\s*,)?\s*(\d{1,2}\s+[A-Za-z]{3}\s+\d{4})"
    r"\s+(\d\d):(\d\d)(?::(\d\d))?\s+([+-]\d{4})(?:\s*\([^()]{0,64}\))?\s*\Z",
    re.ASCII,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}


@lru_cache(maxsize=4096)
def _midnight(day: str, zone: str) -> int | None:
    """Seconds since the epoch at a day's start in a zone such as "+0100"; None for no such day."""
    number, month, year = day.split()
    try:
        start = datetime(int(year), _MONTHS[month.lower()], int(number), tzinfo=UTC)
    except (KeyError, ValueError):
        return None
    away = int(zone[1:3]) * 3600 + int(zone[3:]) * 60
    return int(start.timestamp()) + (away if zone[0] == "-" else -away)


def moment_of_date(text: str) -> Moment | None:
    """Read a date as mail servers write it; None when it is not one.

    Zones by name without digits ("EST") are not read: no current server writes them.
    """
    match = _DATE.match(text) if len(text) <= 128 else None
    if match is None:
        return None
    day, hour, minute, second, zone = match.groups("00")
    midnight = _midnight(day, zone)
    if midnight is None or hour > "23" or minute > "59" or second > "60":
        return None
    return (midnight + int(hour) * 3600 + int(minute) * 60 + int(second)) * 1_000_000
