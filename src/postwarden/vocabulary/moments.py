"""Moments: whole microseconds since 1970-01-01T00:00:00Z, so that every room sorts and joins alike."""

from datetime import UTC, datetime, timedelta

from postwarden.vocabulary.errors import VocabularyError

Moment = int
"""Microseconds since the Unix epoch, UTC."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment_of(when: datetime) -> Moment:
    """Give the moment of an aware `datetime`; raise `VocabularyError` for one without a zone."""
    if when.tzinfo is None:
        raise VocabularyError(f"the time {when.isoformat()} has no time zone")
    return (when - _EPOCH) // timedelta(microseconds=1)


def from_rfc3339(text: str) -> Moment:
    """Read an RFC 3339 date-time (RFC 3339 section 5.6); raise `VocabularyError` otherwise."""
    try:
        return moment_of(datetime.fromisoformat(text))
    except ValueError as error:
        raise VocabularyError(
            f"{text!r} is not a time such as 2026-11-20T00:00:00+01:00"
        ) from error


def rfc3339(moment: Moment) -> str:
    """Write a moment as RFC 3339 in UTC with seconds, and microseconds only where there are any."""
    when = _EPOCH + timedelta(microseconds=moment)
    return when.isoformat().replace("+00:00", "Z")
