"""Making sure that no command given earlier is still at work (doveadm-process-status(1)).

A command goes on after its client has left. Dovecot serves each request in a doveadm process of its
own; which of them are busy, the master process tells. A command that begins later does not matter:
it finds no staging folder by the name that it was given.
"""

import time
from collections.abc import Collection
from typing import NamedTuple

from postwarden.relocation.service import TemporaryRouteError
from postwarden.servers.dovecot.api import Answer, Asked
from postwarden.servers.dovecot.asking import Asking
from postwarden.servers.dovecot.stored import number, rows

PROCESSES: Asked = ("processStatus", {})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 0.5


class Processes(NamedTuple):
    """What runs of a Dovecot.

    Attributes:
        generation: changes when Dovecot is started anew.
        busy: doveadm processes at work, each with how many clients it has had.
    """

    generation: int
    busy: frozenset[tuple[int, int]]


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

    def wait(self, since: Collection[int]) -> None:
        """Return once every command is over that began before this call.

        Args:
            since: generations of Dovecot at times before those commands.

        Raises:
            TemporaryRouteError: an earlier command is still at work.
        """
        deadline = time.monotonic() + self._seconds
        pause = _FIRST_PAUSE
        before: frozenset[tuple[int, int]] | None = None
        while True:
            # The first look lets the master learn that this very request is being served.
            _, told = self._asking.told([PROCESSES, PROCESSES])
            now = processes(told)
            before = now.busy if before is None else before & now.busy
            late = self._orphans_for(now.generation) if set(since) - {now.generation} else 0.0
            if late <= 0 and (len(now.busy) <= 1 or not before):  # this request's own is busy
                return
            if time.monotonic() > deadline:
                busy = ", ".join(str(pid) for pid, _ in sorted(before))
                raise TemporaryRouteError(
                    f"Dovecot is still busy with commands given earlier: doveadm processes {busy}"
                )
            time.sleep(max(late, pause))
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _orphans_for(self, generation: int) -> float:
        first = self._seen.setdefault(generation, time.monotonic())
        return first + self._orphans - time.monotonic()


def processes(answer: Answer) -> Processes:
    """Read the answer to `PROCESSES`; raise `TemporaryRouteError` where it cannot be understood."""
    try:
        found = [
            (
                row.get("name"),
                number(row, "pid"),
                number(row, "available_count"),
                number(row, "total_count"),
            )
            for row in rows(answer)
        ]
    except ValueError as error:
        raise TemporaryRouteError(f"doveadm process status: {error}") from error
    return Processes(
        next((pid for name, pid, _, _ in found if name == "log"), 0),
        frozenset(
            (pid, clients)
            for name, pid, free, clients in found
            if name == "doveadm" and not free and clients
        ),
    )
