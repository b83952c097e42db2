"""The console as it is served: `postwarden serve`, its answer awaited, its memory read."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_START = "from postwarden.cli import main; main()"
_SECONDS = 60
_MIB = 1 << 20


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.port = port
        self._process = process

    def memory(self) -> float:
        """Give the mebibytes that its processes hold for themselves alone (PSS), together."""
        found = (_pss(pid) for pid in (self._process.pid, *_children(self._process.pid)))
        return sum(found) / _MIB

    def busy(self) -> float:
        """Give the seconds of processor time that its processes have used, together."""
        return sum(map(_busy, (self._process.pid, *_children(self._process.pid))))


@contextmanager
def served(configuration: Path) -> Iterator[Served]:
    """Serve an installation as it is installed: with as many processes and threads as by default.

    Raises:
        RuntimeError: it does not answer.
    """
    port = _free_port()
    words = ["serve", "--insecure", "--port", str(port), "-c", str(configuration)]
    with (configuration.parent / "serve.log").open("wb") as log:
        command = [sys.executable, "-c", _START, *words]
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _await(process, port)
            yield Served(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(_SECONDS)


def _await(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the console does not answer; serve.log beside its configuration says why")


def _children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [*map(int, told.split())]


def _pss(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def _busy(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")  # proc(5): utime, stime


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def processors() -> int:
    """Give how many processors this process may use."""
    return len(os.sched_getaffinity(0))
