"""Doing chores when they are due, until told to stop."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NamedTuple

from django.db import Error, close_old_connections, connections

from postwarden.vocabulary import PostwardenError

_MOST_SECONDS = 300
_LAST_SECONDS = 10
_ENDED_BY = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Chore:
    """Something to do again and again.

    Attributes:
        name: for people.
        seconds: between two times.
        do: does it; what it raises on purpose is told, and tried again later and later.
        most_seconds: between two times while it fails, unless `seconds` is more.
        aside: it may wait for others outside, and has a thread of its own: nothing waits for it.
    """

    name: str
    seconds: float
    do: Callable[[], None]
    most_seconds: float = _MOST_SECONDS
    aside: bool = False


class Trouble(NamedTuple):
    """What went wrong with a chore, and after how many seconds it is tried again."""

    chore: str
    error: Exception
    seconds: float


class Loop:
    """Runs chores in turn, each at its interval; a chore that fails waits twice as long each time."""

    def __init__(
        self,
        chores: Sequence[Chore],
        tell: Callable[[Trouble], None],
        last_seconds: float = _LAST_SECONDS,
    ) -> None:
        """Take the chores.

        Args:
            chores: to do.
            tell: is called with what went wrong, by several threads.
            last_seconds: how long `run` waits at its end for the chores aside that are under way; they
                end with the process.
        """
        self._chores = [chore for chore in chores if not chore.aside]
        self._aside = [chore for chore in chores if chore.aside]
        self._tell = tell
        self._last_seconds = last_seconds
        self._stop = threading.Event()
        self._broken: list[BaseException] = []

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Let `run` end after the chore at hand; fits as a signal's handler."""
        self._stop.set()

    def run(self) -> None:
        """Do chores until `stop`, or SIGTERM or SIGINT in the main thread.

        A fault of the program ends it, wherever it happened. Signals do afterwards what they did
        before.
        """
        with self._signals(), self._threads():
            self._turns(self._chores)
        if self._broken:
            raise self._broken[0]

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Let signals stop it meanwhile; Python allows that in the main thread alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.stop) for number in _ENDED_BY}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def _threads(self) -> Iterator[None]:
        """Do each chore aside in its thread meanwhile."""
        threads = [
            threading.Thread(target=self._alone, args=(chore,), name=chore.name, daemon=True)
            for chore in self._aside
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            until = time.monotonic() + self._last_seconds
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def _alone(self, chore: Chore) -> None:
        try:
            self._turns([chore])
        except BaseException as error:  # noqa: BLE001  # it is raised again where `run` ends
            self._broken.append(error)
            self._stop.set()

    def _turns(self, chores: Sequence[Chore]) -> None:
        due = dict.fromkeys(chores, 0.0)
        failed = dict.fromkeys(chores, 0)
        while not self._stop.is_set():
            now = time.monotonic()
            for chore in chores:
                if due[chore] <= now and not self._stop.is_set():
                    error = self._tried(chore)
                    failed[chore] = 0 if error is None else failed[chore] + 1
                    waits = _wait(chore, failed[chore])
                    due[chore] = time.monotonic() + waits
                    if error is not None:
                        self._tell(Trouble(chore.name, error, waits))
            self._stop.wait(max(0.0, min(due.values(), default=now + 1) - time.monotonic()))

    @staticmethod
    def _tried(chore: Chore) -> Exception | None:
        """Do it; give what kept it from going well."""
        try:
            close_old_connections()
            chore.do()
        except (PostwardenError, OSError, Error) as error:
            return error
        finally:
            if chore.aside:
                connections.close_all()  # those of its thread
        return None


def _wait(chore: Chore, failed: int) -> float:
    return max(chore.seconds, min(chore.seconds * 2.0 ** min(failed, 20), chore.most_seconds))
