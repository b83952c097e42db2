"""Measuring on a machine that may do other things too: interleaved rounds, medians, CPU time."""

import resource
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of the clock, and of all processors, that something took."""

    wall: float
    cpu: float


def spent(work: Callable[[], object]) -> Spent:
    """Measure once; CPU time is that of this process and of children that have ended."""
    wall, cpu = time.perf_counter(), _cpu()
    work()
    return Spent(time.perf_counter() - wall, _cpu() - cpu)


def interleaved(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Spent]:
    """Measure each work once in every round, and give the medians."""
    found: dict[str, list[Spent]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            found[name].append(spent(work))
    return {
        name: Spent(median(one.wall for one in all_), median(one.cpu for one in all_))
        for name, all_ in found.items()
    }


def _cpu() -> float:
    total = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        total += usage.ru_utime + usage.ru_stime
    return total
