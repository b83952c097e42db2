"""Times as readers read them: in their zone, with the zone's name, and how long ago."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from postwarden.vocabulary import Moment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = 60_000_000
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Give the zone that a reader's times are shown in: theirs, or else the provider's."""
    who = getattr(request, "member", None)
    if who is not None and who.zone:
        return ZoneInfo(who.zone)
    zone: ZoneInfo = request.rooms.configuration.provider.zone  # type: ignore[attr-defined]  # a DeskRequest
    return zone


def read_local(text: str, zone: ZoneInfo) -> Moment:
    """Read a time as browsers write it, such as "2026-03-17T02:14", in a zone.

    Raises:
        ValueError: it is none, or names a zone of its own.
    """
    local = datetime.fromisoformat(text)
    if local.tzinfo is not None:
        raise ValueError(text)
    try:
        return (local.replace(tzinfo=zone) - _EPOCH) // timedelta(microseconds=1)
    except OverflowError as error:
        raise ValueError(text) from error


def at(moment: Moment, zone: ZoneInfo) -> datetime:
    """Give a moment in a zone."""
    return localtime(_EPOCH + timedelta(microseconds=moment), zone)


def written(moment: Moment, zone: ZoneInfo) -> str:
    """Write "Fri 17 March 2023 02:14 (Europe/Amsterdam)" in the reader's language."""
    local = at(moment, zone)
    return f"{_days(local.date(), get_language()).written} {local:%H:%M} ({zone.key})"


def brief(moment: Moment, zone: ZoneInfo) -> str:
    """Write "17 Mar 02:14": where the zone stands above the column."""
    local = at(moment, zone)
    return f"{_days(local.date(), get_language()).brief} {local:%H:%M}"


class _Day(NamedTuple):
    """A day in a language."""

    written: str
    brief: str


@lru_cache(1_000)  # tables have hundreds of times, of few days
def _days(day: date, _language: str | None) -> _Day:
    return _Day(date_format(day, _("D j F Y")), date_format(day, _("j M")))


def lasting(length: int) -> str:
    """Write a length of time in its two largest units, as "3 h 12 min"; microseconds."""
    minutes = max(length, 0) // _MINUTE
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        told = ngettext("{n} day", "{n} days", days).format(n=days)
        if hours and days < 3:
            return _("{days} {hours} h").format(days=told, hours=hours)
        return told
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes % 60)
    return _("{n} min").format(n=minutes)


def ago(moment: Moment, now: Moment) -> str:
    """Write how long ago something was, or in how long it will be."""
    if moment > now:
        return _("in {time}").format(time=lasting(moment - now))
    if now - moment < _MINUTE:
        return _("just now")
    return _("{time} ago").format(time=lasting(now - moment))
