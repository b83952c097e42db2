"""Postwarden's own programs that a lab runs beside the servers."""

from pathlib import Path

from postwarden.drills.lab.processes import Part


def programs(root: Path) -> tuple[Part, ...]:  # noqa: ARG001  # none yet
    """Give them in the order in which they start, after the servers; none need to run yet."""
    return ()
