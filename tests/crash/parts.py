"""Parts of `make crash` on real servers: each gives the rows of its report, or runs what is named alone."""

import threading
import time
from collections import Counter
from contextlib import contextmanager
from queue import Empty, SimpleQueue

from crash.at_work import MESSAGES, AtWork, parsed_run, runs
from crash.machine import in_memory
from crash.on_servers import STORES, parsed_real, real_suite, sample
from crash.reporting import at_least, at_most, measured

SEEDS = 60  # of each act on each format
RUNS = 100
_AT_ONCE = 2
_SHOWN = 4  # faults of a point that are printed


def real(named=()):
    """Stop repairs and restores on a real Dovecot; give the rows."""
    points = [parsed_real(one) for one in named] or sample(SEEDS)
    came = Counter()

    @contextmanager
    def suites(folder):
        with real_suite(folder, _stores(points)) as suite:
            yield suite.failures
        came.update(suite.came)

    failed, seconds = _run(points, suites)
    rows = [measured(f"real Dovecot: {kind}", came[kind]) for kind in sorted(came)]
    return [
        *rows,
        at_least("real Dovecot: points", len(points), len(named) or 4 * SEEDS),
        at_most("real Dovecot: failed", len(failed), 0),
        measured("real Dovecot: time", seconds, "s"),
    ]


def lab(named=()):
    """Let people and Postwarden be at work on the same mailboxes; give the rows."""
    points = [parsed_run(one) for one in named] or runs(RUNS)
    outcomes = Counter()

    @contextmanager
    def suites(folder):
        with real_suite(folder, _stores(points)) as suite:
            at_work = AtWork(suite.machine, suite.dovecots)
            yield at_work.failures
        outcomes.update(at_work.outcomes)

    failed, seconds = _run(points, suites)
    rows = [measured(f"people at work: {one}", outcomes[one]) for one in sorted(outcomes)]
    return [
        *rows,
        at_least(f"people at work: runs of {MESSAGES}", len(points), len(named) or RUNS),
        at_most("people at work: failed", len(failed), 0),
        measured("people at work: time", seconds, "s"),
    ]


def _stores(points):
    return [one for one in STORES if one in {point.store for point in points}]


def _run(points, suites):
    """Run all, two at once, each on servers of its own; give those that failed, and the seconds."""
    waiting, failed, done, began = SimpleQueue(), [], [], time.monotonic()
    for point in points:
        waiting.put(point)

    def work(folder):
        folder.mkdir()
        with suites(folder) as failures_of:
            while True:
                try:
                    point = waiting.get_nowait()
                except Empty:
                    return
                failures = failures_of(point)
                done.append(point)
                if failures:
                    failed.append(point)
                    shown = "\n     ".join(failures[:_SHOWN])
                    print(f"FAIL {point}\n     {shown}", flush=True)
                if len(done) % 20 == 0:
                    print(f"{len(done)} in {time.monotonic() - began:.0f} s", flush=True)

    with in_memory() as root:
        root.chmod(0o755)
        many = min(_AT_ONCE, len(points))
        threads = [threading.Thread(target=work, args=(root / str(at),)) for at in range(many)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    failed += [point for point in points if point not in done]  # its thread fell
    return failed, round(time.monotonic() - began)
