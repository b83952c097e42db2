"""Text and times of others, as every database takes them."""

from postwarden.vocabulary import Moment, rfc3339


def kept(text: str) -> str:
    """Give text without what PostgreSQL and UTF-8 refuse: NUL and lone surrogates become visible."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")


def written(at: Moment | None) -> str | None:
    """Write a time as RFC 3339 in UTC; None without one, or beyond the calendar."""
    try:
        return None if at is None else rfc3339(at)
    except OverflowError:
        return None
