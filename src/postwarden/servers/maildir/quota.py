"""What a Maildir can still take, by the file `maildirsize` in it (pure).

Source: Maildir++, "Maildir quotas": a line of limits such as "1000000S,1000C", bytes and messages; below
it a line "BYTES MESSAGES" for each change since it was written anew, negative for what was removed.
"""

from collections.abc import Iterator

NAME = "maildirsize"
MOST = 65_536
"""Bytes that are read of it: it is written anew from 5,120 on."""


def bytes_left(content: bytes) -> int | None:
    """Give the bytes left; 0 where no message more is allowed; None without a limit, or where it says nothing.

    Args:
        content: of the file; empty: there is none.
    """
    first, _, rest = content.decode("ascii", "replace").partition("\n")
    limits = {one[-1:]: one[:-1] for one in first.strip().split(",")}
    changes = list(_changes(rest))
    left = None
    if _is_limit(limits.get("S", "")):
        left = max(0, int(limits["S"]) - sum(size for size, _ in changes))
    if _is_limit(limits.get("C", "")) and int(limits["C"]) <= sum(many for _, many in changes):
        return 0
    return left


def _is_limit(value: str) -> bool:
    return value.isascii() and value.isdigit() and int(value) > 0


def _changes(lines: str) -> Iterator[tuple[int, int]]:
    """Give bytes and messages of each whole line; another one says nothing."""
    for line in lines.split("\n"):
        try:
            size, many = map(int, line.split())
        except ValueError:
            continue
        yield size, many
