"""What an IMAP FETCH shows (RFC 3501 section 6.4.5, RFC 8970 PREVIEW), and of which messages."""

import re

_BODY = re.compile(
    r"\bBODY(?:\.PEEK)?\[([^\]]*)\]|\bRFC822(?:\.TEXT)?(?![.\w])|\bBINARY(?:\.PEEK)?\["
)
_LISTED = re.compile(
    r"\b(?:ENVELOPE|BODYSTRUCTURE|BODY|RFC822\.HEADER|PREVIEW|ALL|FULL|FAST|FLAGS)\b"
)
_HEADER = re.compile(r"(?:[\d.]*\.)?(?:HEADER(?:\.FIELDS(?:\.NOT)?\b.*)?|MIME)\Z", re.DOTALL)
_SET = re.compile(r"[\d:,*]+")
MOST_UIDS = 1_000


def shown(arguments: str) -> str | None:
    """Give "opened" when a FETCH's items show body text, "listed" when less, None when nothing."""
    items = arguments.partition(" ")[2].upper()
    for match in _BODY.finditer(items):
        if match[1] is None or not _HEADER.match(match[1]):
            return "opened"
    if _LISTED.search(items) or _BODY.search(items):
        return "listed"
    return None


def uids(arguments: str) -> list[int | None]:
    """Expand the UID set of a UID FETCH; [None] where it is open-ended or beyond `MOST_UIDS`."""
    written = arguments.partition(" ")[0]
    if not _SET.fullmatch(written) or "*" in written or len(written) > 10_000:
        return [None]
    found: list[int | None] = []
    for part in written.split(","):
        low, _, high = part.partition(":")
        if not low or len(low) > 10 or len(high) > 10 or ":" in high:
            return [None]
        first, last = sorted((int(low), int(high or low)))
        if len(found) + last - first >= MOST_UIDS:
            return [None]
        found.extend(range(first, last + 1))
    return found
