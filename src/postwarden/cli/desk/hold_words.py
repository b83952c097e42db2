"""Sentences about holds."""

from collections.abc import Sequence

from postwarden.holds.service import Pending, Refusal

_LEFT = {
    Refusal.HELD_ALREADY: "is held already",
    Refusal.NOT_HELD: "is not held by this case",
}
_MOST = 20


def left_lines(left: Sequence[tuple[str, Refusal]]) -> list[str]:
    """Give a line for each account left out, for the first ones."""
    lines = [f"Left out: {account} {_LEFT[refusal]}" for account, refusal in left[:_MOST]]
    return lines + ([f"… and {len(left) - _MOST} more."] if len(left) > _MOST else [])


def trouble_lines(pending: Sequence[Pending]) -> list[str]:
    """Give lines that say what the worker has still to do, and what keeps it from it."""
    lines = []
    if pending:
        lines.append(f"To be done by `postwarden worker`: {len(pending)} steps.")
    troubles = sorted({one.trouble for one in pending if one.trouble})[:_MOST]
    return lines + [f"Not done yet: {trouble}" for trouble in troubles]
