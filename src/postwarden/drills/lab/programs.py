"""Postwarden's own programs that a lab runs beside the servers."""

import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from postwarden.drills.lab.folder import State
from postwarden.drills.lab.options import HOST, NOBODY
from postwarden.drills.lab.processes import Part

_POSTWARDEN = (sys.executable, "-c", "from postwarden.cli import main; main()")
_COMMANDS = ("policy", "worker")


def programs(root: Path, state: State) -> tuple[Part, ...]:
    """Give them in the order in which they start, after the servers.

    They run as the person who called sudo, so that what they write is that person's to read.
    """
    user = None if state.uid == NOBODY else (state.uid, state.gid)
    config = str(root / "postwarden.toml")
    watches: Mapping[str, Callable[[], Callable[[], bool]]] = {
        "policy": lambda: partial(_listens, state.ports.policy),
        "worker": lambda: _at_once,
    }
    return tuple(
        Part(name, root, (*_POSTWARDEN, name, "-c", config), watches[name], user)
        for name in _COMMANDS
    )


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


def _at_once() -> bool:
    return True
