"""What doveadm says of stored messages, and how they are asked for (pure; doveadm-search-query(7))."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from postwarden.servers.dovecot.api import Answer, Failure

FIELDS = ("mailbox", "mailbox-guid", "uid", "guid", "size.virtual", "date.received.unixtime")
_PATTERN = frozenset("*?%")


class Stored(NamedTuple):
    """A stored message.

    Attributes:
        folder: IMAP name.
        folder_guid: stays when the folder is renamed.
        size: in the canonical form, which has CR LF line ends.
        date: INTERNALDATE in seconds.
    """

    folder: str
    folder_guid: str
    uid: int
    guid: str
    size: int
    date: int


class Folder(NamedTuple):
    """A folder as `mailboxStatus` shows it."""

    name: str
    guid: str
    validity: int
    uidnext: int


def stored(answer: Answer) -> list[Stored]:
    """Read the answer to `fetch` of `FIELDS`; none where the command failed.

    Raises:
        ValueError: a row lacks a field, or has no number where one should be.
    """
    return [
        Stored(
            _text(row, "mailbox"),
            _text(row, "mailbox-guid"),
            number(row, "uid"),
            _text(row, "guid"),
            number(row, "size.virtual"),
            number(row, "date.received.unixtime"),
        )
        for row in rows(answer)
    ]


def folders(answer: Answer) -> list[Folder]:
    """Read the answer to `mailboxStatus`; as `stored`."""
    return [
        Folder(
            _text(row, "mailbox"),
            _text(row, "guid"),
            number(row, "uidvalidity"),
            number(row, "uidnext"),
        )
        for row in rows(answer)
    ]


def doubtful(found: Iterable[Stored]) -> list[str]:
    """Give the names of folders that come with more than one GUID.

    A virtual folder shows messages under the names of their real ones, with its own GUID and UIDs.
    """
    guids: dict[str, set[str]] = {}
    for one in found:
        guids.setdefault(one.folder, set()).add(one.folder_guid)
    return [folder for folder, some in guids.items() if len(some) > 1]


def rows(answer: Answer) -> Sequence[Mapping[str, str]]:
    """Give the rows of an answer; none where the command failed."""
    return () if isinstance(answer, Failure) else answer


def number(row: Mapping[str, str], name: str) -> int:
    """Give a whole number of a row; raise `ValueError`."""
    text = _text(row, name)
    if not text.removeprefix("-").isdecimal() or len(text) > 18:
        raise ValueError(f"{name} is no number")
    return int(text)


def _text(row: Mapping[str, str], name: str) -> str:
    if name not in row:
        raise ValueError(f"a row has no {name}")
    return row[name]


def uid_set(uids: Iterable[int]) -> str:
    """Write UIDs as a sequence set such as "3:7,9" (RFC 3501 section 9)."""
    ordered = sorted(set(uids))
    runs = []
    for _, run in groupby(enumerate(ordered), lambda one: one[1] - one[0]):
        found = [uid for _, uid in run]
        runs.append(f"{found[0]}:{found[-1]}" if len(found) > 1 else str(found[0]))
    return ",".join(runs)


def with_guids(guids: Iterable[str]) -> list[str]:
    """Ask for messages with one of these GUIDs; at least one is given."""
    words = [word for guid in dict.fromkeys(guids) for word in ("OR", "guid", guid)]
    return ["(", *words[1:], ")"]


def is_pattern(name: str) -> bool:
    """Whether doveadm takes the name of an account or folder for a pattern of several."""
    return bool(_PATTERN & set(name))
