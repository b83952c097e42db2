"""Starting, watching and ending the servers' processes, by process id alone."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


class NotReadyError(RuntimeError):
    """A server did not come up or did not do in time what was asked of it."""


def wait_until(reached: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    """Look every 5 ms until `reached()`; after `seconds` raise NotReadyError naming `what`."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            raise NotReadyError(f"after {seconds:g} s still waiting for {what}")
        time.sleep(0.005)


def listens(port: int) -> bool:
    """Whether something accepts connections on this loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def children(parent: int, *programs: str) -> frozenset[int]:
    """Process ids of the children of `parent` that run one of these programs."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(tail.split()[1]) == parent and head.partition("(")[2] in programs:
            found.add(int(stat.parent.name))
    return frozenset(found)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a server that was started here as leader of its own process group, and all of the group.

    Its children are told at the same time: Dovecot's master looks after them only once a second.
    """
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
