"""Sharing a long ledger's ranges between processes; the results come in order."""

import os
from bisect import bisect_right
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context

from postwarden.ledger import helping
from postwarden.ledger.errors import LedgerError
from postwarden.ledger.ranges import Checked, Checker
from postwarden.ledger.secrets import Secrets
from postwarden.state.service import bound

RANGE = 4_096  # leaves; a power of two, so that ranges are subtrees
ALONE = 50_000  # leaves that are checked sooner than processes have begun
_AHEAD = 3  # ranges under way for each process

Task = tuple[range, Sequence[int]]


def checked(
    checker: Checker, secrets: Secrets, size: int, outside: Collection[int]
) -> Iterator[Checked]:
    """Check the leaves up to a size; give the ranges in order, the one with a gap being the last.

    Args:
        checker: for a ledger that this process checks alone.
        secrets: for others to make theirs of.
        size: in leaves.
        outside: sizes of heads brought from outside.
    """
    tasks = _tasks(size, sorted(outside))
    processes = len(os.sched_getaffinity(0))
    if size < ALONE or processes == 1:
        results: Iterator[Checked] = (checker.check(*task) for task in tasks)
    else:
        results = _by_processes(processes, checker.origin, secrets, tasks)
    for found in results:
        yield found
        if found.tree.size < RANGE:
            return


def _tasks(size: int, outside: Sequence[int]) -> Iterator[Task]:
    for start in range(0, size, RANGE):
        leaves = range(start, min(start + RANGE, size))
        first, last = (bisect_right(outside, end) for end in (leaves.start, leaves.stop))
        yield leaves, outside[first:last]


def _by_processes(
    processes: int, origin: str, secrets: Secrets, tasks: Iterable[Task]
) -> Iterator[Checked]:
    told = (bound(), origin, secrets.public.public_bytes_raw(), secrets.wrapping)
    pool = ProcessPoolExecutor(
        processes, get_context("forkserver"), initializer=helping.begin, initargs=told
    )
    rest = iter(tasks)
    waiting: deque[Future[Checked]] = deque()
    try:
        while True:
            more = islice(rest, processes * _AHEAD - len(waiting))
            waiting.extend(pool.submit(helping.check, *task) for task in more)
            if not waiting:
                return
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise LedgerError("a process of the check was killed; run it again") from error
    finally:
        pool.shutdown(cancel_futures=True)
