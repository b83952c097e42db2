"""Doing chores when they are due, until told to stop."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from django.db import InterfaceError, OperationalError, close_old_connections

from postwarden.vocabulary import PostwardenError

_MOST_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do again and again.

    Attributes:
        name: for people.
        seconds: between two times.
        do: does it; what it raises on purpose is told, and tried again later and later.
    """

    name: str
    seconds: float
    do: Callable[[], None]


class Loop:
    """Runs chores in turn, each at its interval; a chore that fails waits twice as long each time."""

    def __init__(self, chores: Sequence[Chore], tell: Callable[[str], None]) -> None:
        self._due = dict.fromkeys(chores, 0.0)
        self._failed = dict.fromkeys(chores, 0)
        self._tell = tell
        self._stop = threading.Event()

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Let `run` end after the chore at hand; fits as a signal's handler."""
        self._stop.set()

    def run(self) -> None:
        """Do chores until `stop`, or SIGTERM or SIGINT in the main thread."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self.stop)
            signal.signal(signal.SIGINT, self.stop)
        while not self._stop.is_set():
            now = time.monotonic()
            for chore, due in self._due.items():
                if due <= now and not self._stop.is_set():
                    self._do(chore)
            self._stop.wait(max(0.0, min(self._due.values()) - time.monotonic()))

    def _do(self, chore: Chore) -> None:
        try:
            close_old_connections()
            chore.do()
            self._failed[chore] = 0
        except (PostwardenError, OSError, OperationalError, InterfaceError) as error:
            self._failed[chore] += 1
            self._tell(f"{chore.name}: {error}; it will be tried again")
        wait = chore.seconds * 2 ** self._failed[chore]
        self._due[chore] = time.monotonic() + max(chore.seconds, min(wait, _MOST_SECONDS))
