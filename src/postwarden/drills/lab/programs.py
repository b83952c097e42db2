"""Postwarden's own programs that a lab runs beside the servers."""

import sys
from pathlib import Path

from postwarden.drills.lab.folder import State
from postwarden.drills.lab.options import NOBODY
from postwarden.drills.lab.processes import Part

_POSTWARDEN = (sys.executable, "-c", "from postwarden.cli import main; main()")
_COMMANDS = ("worker",)


def programs(root: Path, state: State) -> tuple[Part, ...]:
    """Give them in the order in which they start, after the servers.

    They run as the person who called sudo, so that what they write is that person's to read.
    """
    user = None if state.uid == NOBODY else (state.uid, state.gid)
    config = str(root / "postwarden.toml")
    return tuple(
        Part(name, root, (*_POSTWARDEN, name, "-c", config), lambda: _at_once, user)
        for name in _COMMANDS
    )


def _at_once() -> bool:
    return True
