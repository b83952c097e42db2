"""Making sure that no command given earlier is still at work (doveadm-process-status(1)).

A command goes on after its client has left. Dovecot serves each request in a doveadm process of its
own; which of them are busy, the master process tells. A command that begins later does not matter:
it finds no staging folder by the name that it was given.
"""

import time

from postwarden.relocation.service import TemporaryRouteError
from postwarden.servers.dovecot.asking import Asking
from postwarden.servers.dovecot.stored import number, rows

_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.5


class Quiet:
    """What tells whether earlier commands have ended."""

    def __init__(self, asking: Asking, seconds: float, orphans: float) -> None:
        """Bind it.

        Args:
            asking: the Dovecot.
            seconds: to wait for commands that are at work.
            orphans: to wait after Dovecot was started anew, whose master does not know of processes
                that outlived the one before.
        """
        self._asking = asking
        self._seconds = seconds
        self._orphans = orphans
        self._seen: dict[int, float] = {}

    def generation(self) -> int:
        """Give a number that changes when Dovecot is started anew."""
        return next((pid for name, pid, _ in self._processes() if name == "log"), 0)

    def wait(self, since: int) -> None:
        """Return once every command is over that began before this call.

        Args:
            since: `generation` at a time before those commands.

        Raises:
            TemporaryRouteError: one is still at work.
        """
        deadline = time.monotonic() + self._seconds
        self._wait_for_orphans(since)
        pause = _FIRST_PAUSE
        before = self._busy()
        while before := before & self._busy():
            if time.monotonic() > deadline:
                raise TemporaryRouteError(
                    "Dovecot is still busy with commands given earlier"
                    f" (doveadm processes {', '.join(str(pid) for pid, _ in sorted(before))})"
                )
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _wait_for_orphans(self, since: int) -> None:
        now = self.generation()
        first = self._seen.setdefault(now, time.monotonic())
        if now != since:
            time.sleep(max(0.0, first + self._orphans - time.monotonic()))

    def _busy(self) -> set[tuple[int, int]]:
        """Give the busy doveadm processes, each with how many clients it has had."""
        return {
            (pid, clients)
            for name, pid, clients in self._processes()
            if name == "doveadm" and clients
        }

    def _processes(self) -> list[tuple[str, int, int]]:
        """Give name, id, and the number of clients so far (0: it has none now) of each process."""
        (answer,) = self._asking.told([("processStatus", {})])
        try:
            return [
                (
                    row.get("name", ""),
                    number(row, "pid"),
                    0 if number(row, "available_count") else number(row, "total_count"),
                )
                for row in rows(answer)
            ]
        except ValueError as error:
            raise TemporaryRouteError(f"doveadm process status: {error}") from error
