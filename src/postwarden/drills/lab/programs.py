"""Postwarden's own programs that a lab runs beside the servers."""

import socket
import sys
from functools import partial
from pathlib import Path

from postwarden.drills.lab.folder import State
from postwarden.drills.lab.options import HOST, NOBODY
from postwarden.drills.lab.processes import Part

_AT_WORK = '"event": "started"'  # says `postwarden worker`
_POSTWARDEN = (sys.executable, "-c", "from postwarden.cli import main; main()")


def programs(root: Path, state: State) -> tuple[Part, ...]:
    """Give them in the order in which they start, after the servers.

    They run as the person who called sudo, so that what they write is that person's to read.
    """
    user = None if state.uid == NOBODY else (state.uid, state.gid)
    config = str(root / "postwarden.toml")
    answers = partial(_listens, state.ports.policy)
    at_work = partial(_said, root / "log" / "worker.out", _AT_WORK)
    return (
        Part("policy", root, (*_POSTWARDEN, "policy", "-c", config), lambda: answers, user),
        Part("worker", root, (*_POSTWARDEN, "worker", "-c", config), lambda: at_work, user),
    )


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) == 0


def _said(printed: Path, words: str) -> bool:
    return words in printed.read_text(errors="replace")
