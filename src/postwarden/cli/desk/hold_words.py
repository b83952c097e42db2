"""Sentences about holds."""

from collections.abc import Sequence

from postwarden.holds.service import Held, Pending, Refusal
from postwarden.vocabulary import rfc3339

_LEFT = {
    Refusal.HELD_ALREADY: "is held already",
    Refusal.NOT_HELD: "is not held by this case",
}
_MOST = 20


def left_lines(left: Sequence[tuple[str, Refusal]]) -> list[str]:
    """Give a line for each account left out, for the first ones."""
    lines = [f"Left out: {account} {_LEFT[refusal]}" for account, refusal in left[:_MOST]]
    return lines + ([f"… and {len(left) - _MOST} more."] if len(left) > _MOST else [])


def held_lines(held: Sequence[Held]) -> list[str]:
    """Give a table of holds as lines; plain ones, for there may be a hundred thousand."""
    if not held:
        return ["Nobody is held."]
    rows = [("account", "hold", "case", "since", "plan")]
    rows += [
        (one.account, one.kind, one.case or "-", rfc3339(one.since), one.plan[:12]) for one in held
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(str.ljust, map(str, row), widths)).rstrip() for row in rows]


def trouble_lines(pending: Sequence[Pending]) -> list[str]:
    """Give lines that say what the worker has still to do, and what keeps it from it."""
    lines = []
    if pending:
        lines.append(f"To be done by `postwarden worker`: {len(pending)} steps.")
    troubles = sorted({one.trouble for one in pending if one.trouble})[:_MOST]
    return lines + [f"Not done yet: {trouble}" for trouble in troubles]
