"""Courses side by side: while a store does what one of them asked for, the other one works here.

A course is a generator. It yields calls that are made elsewhere, which touch neither the state nor the
ledger, and goes on with what they gave; everything else it does itself. So all that is written is
written by one thread, and what one course does keeps its order.
"""

import gc
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from postwarden.relocation.ports import Route

_Given = TypeVar("_Given")
Call = Callable[[], object]
Course = Generator[Call, Any, _Given]
_AT_ONCE = 2


def elsewhere(call: Callable[[], _Given]) -> Course[_Given]:
    """Have a call made by another thread; give what it gives, or raise what it raises."""
    given: _Given = yield call
    return given


def asked(route: Route, call: Callable[[], _Given]) -> Course[_Given]:
    """Have a call of a route made elsewhere if it waits for a server.

    A route to files is quick, and in a thread it would wait for the interpreter more than for its disk.
    """
    return (yield from elsewhere(call)) if route.waits else call()


@contextmanager
def collecting_by_hand() -> Iterator[Callable[[], object]]:
    """Give a context in which unreachable cycles are freed when its function is called, and else not.

    Left to itself, the collector looks through all that a long plan holds, again and again: that took a
    tenth of the time of a repair.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield gc.collect
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def threads() -> ThreadPoolExecutor:
    """Give a context with the threads that make calls; its end waits for those being made."""
    return ThreadPoolExecutor(_AT_ONCE, "course")


def side_by_side(
    pool: ThreadPoolExecutor, courses: Sequence[Course[None]], failed: Callable[[Exception], None]
) -> list[Exception | None]:
    """Bring each course to its end, also where another one fails; give what each of them failed with.

    Args:
        pool: of `threads`.
        courses: as many as there are threads, at most.
        failed: called where one failed while another one is under way.
    """
    failures: list[Exception | None] = [None] * len(courses)
    going = set(range(len(courses)))
    asked: dict[Future[Callable[[], Call]], int] = {}

    def go_on(at: int, resume: Callable[[], Call]) -> None:
        try:
            call = resume()
            while len(going) == 1:  # nobody else works meanwhile: no other thread is needed
                call = _resumed(courses[at], call)()
        except StopIteration:
            going.remove(at)
        except Exception as failure:  # noqa: BLE001  # the caller's to judge, once the others have ended
            failures[at] = failure
            going.remove(at)
            if going:
                failed(failure)
        else:
            asked[pool.submit(_resumed, courses[at], call)] = at

    for at, course in enumerate(courses):
        go_on(at, partial(next, course))
    while asked:
        done, _ = wait(asked, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=asked.__getitem__):
            go_on(asked.pop(future), future.result())
    return failures


def _resumed(course: Course[None], call: Call) -> Callable[[], Call]:
    """Make a call; give what lets its course go on with what the call gave, or raised."""
    try:
        return partial(course.send, call())
    except Exception as failure:  # noqa: BLE001  # the course's to judge
        return partial(course.throw, failure)
