"""Answers of the database that a process remembers for as long as it is bound to the same state."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar
from weakref import WeakSet

from django.db import connection

_T = TypeVar("_T")
_EVERY = WeakSet["Remembered[object]"]()


class Remembered(Generic[_T]):
    """What was computed from rows, by a mark that is another one as soon as these rows are.

    A mark is read before what it stands for, in this order: then what is remembered is never older than it.
    Threads may share one; two that miss the same mark both compute.

    Args:
        most: that the answers kept may weigh together; those asked for last are kept, the last one always.
        weigh: gives the weight of an answer; each counts as one without it.
    """

    def __init__(self, most: int, weigh: Callable[[_T], int] = lambda _: 1) -> None:
        self._most, self._weigh, self._weight = most, weigh, 0
        self._kept = OrderedDict[Hashable, _T]()
        self._alone = Lock()
        _EVERY.add(self)  # type: ignore[arg-type]  # whatever its answers are

    def get(self, mark: Hashable, make: Callable[[], _T]) -> _T:
        """Give the answer for a mark, computed where it is not known.

        In a transaction it is computed each time: rolled back, it would leave the answer to a mark that
        SQLite gives again, to another change.
        """
        if connection.in_atomic_block:
            return make()
        known = self.known(mark)
        return self.keep(mark, make()) if known is None else known

    def known(self, mark: Hashable) -> _T | None:
        """Give the answer for a mark; None where it is not known."""
        with self._alone:
            if mark not in self._kept:
                return None
            self._kept.move_to_end(mark)
            return self._kept[mark]

    def keep(self, mark: Hashable, answer: _T) -> _T:
        """Remember the answer for a mark, and give it."""
        with self._alone:
            if mark not in self._kept:
                self._kept[mark] = answer
                self._weight += self._weigh(answer)
            while self._weight > self._most and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._weight -= self._weigh(oldest)
        return answer

    def forget(self) -> None:
        """Forget all of it."""
        with self._alone:
            self._kept.clear()
            self._weight = 0


def forget_all() -> None:
    """Forget whatever was remembered: this process is bound to another state."""
    for one in list(_EVERY):
        one.forget()
