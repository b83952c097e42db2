"""Having errands done, each by a process of its own: nothing of the worker waits for one, or shares its memory."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from postwarden.errands.service import Claimed, Kind, claim
from postwarden.ledger.service import Ledger
from postwarden.vocabulary import Moment

_LOOK = 1.0
"""Seconds between two looks at whether it still goes on."""
_LAST = 10.0
"""Seconds that a process has to come to its end once it was told to."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Has errands of some kinds done, one at a time.

    Attributes:
        name: for people.
        ledger: the record of the state that is open.
        kinds: of errands.
        command: begins a process that does an errand; it is given the number of the effect and the token, and
            ends once nobody holds its standard input any more.
        clock: gives the present.
    """

    name: str
    ledger: Ledger
    kinds: Sequence[Kind]
    command: Sequence[str]
    clock: Callable[[], Moment]

    def run(self) -> None:
        """Have the errand that is due longest done; nothing where none is.

        Promise: its process ends with this one, however this one ends; what was not at its end is due again
        within seconds.
        """
        claimed = claim(self.ledger, self.kinds, self.clock())
        if claimed is None:
            return
        with self._process(claimed) as process:
            while _runs(process) and claimed.goes_on(self.clock()):
                pass
        claimed.let_go(self.clock())

    @contextmanager
    def _process(self, claimed: Claimed) -> Iterator[subprocess.Popen[bytes]]:
        """Begin its process; at the end of the block it is at its end."""
        named = (str(claimed.effect.number), str(claimed.effect.token))
        with subprocess.Popen([*self.command, *named], stdin=subprocess.PIPE) as process:  # noqa: S603  # our own
            try:
                yield process
            finally:
                _end(process)


def _runs(process: subprocess.Popen[bytes]) -> bool:
    """Wait for a moment; tell whether it has not ended in it."""
    try:
        process.wait(_LOOK)
    except subprocess.TimeoutExpired:
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let a process come to its end: as Ctrl-C would at first."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        until = time.monotonic() + _LAST
        while process.poll() is None and time.monotonic() < until:
            _runs(process)
    if process.poll() is None:
        process.kill()
