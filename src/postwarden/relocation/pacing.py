"""Courses side by side: while a store does what one of them asked for, the other one works here.

A course is a generator. It yields calls that are made elsewhere, which touch neither the state nor the
ledger, and goes on with what they gave; everything else it does itself. So all that is written is
written by one thread, and what one course does keeps its order.
"""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, TypeVar

_Given = TypeVar("_Given")
Call = Callable[[], object]
Course = Generator[Call, Any, _Given]
_AT_ONCE = 2


def elsewhere(call: Callable[[], _Given]) -> Course[_Given]:
    """Have a call made by another thread; give what it gives, or raise what it raises."""
    given: _Given = yield call
    return given


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
    asked: dict[Future[object], int] = {}

    def go_on(at: int, resume: Callable[[], Call]) -> None:
        try:
            call = resume()
        except StopIteration:
            return
        except Exception as failure:  # noqa: BLE001  # the caller's to judge, once the others have ended
            failures[at] = failure
            if asked:
                failed(failure)
        else:
            asked[pool.submit(call)] = at

    for at, course in enumerate(courses):
        go_on(at, partial(next, course))
    while asked:
        done, _ = wait(asked, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=asked.__getitem__):
            at = asked.pop(future)
            failure = future.exception()
            if failure is not None:
                go_on(at, partial(courses[at].throw, failure))
            else:
                go_on(at, partial(courses[at].send, future.result()))
    return failures
