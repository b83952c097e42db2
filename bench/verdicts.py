"""Verdicts at scale: an examination with all its joins, of snapshots of growing size."""

import json
import os
import resource
import shutil
import subprocess  # each size is measured in a process of its own
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from bench.rows import Row, at_most
from bench.snapshot import DOMAINS, HOST, Size, Writer
from postwarden.evidence.service import Engine, latest
from postwarden.verdicts.service import Examination, Installation, Question, Verdict
from postwarden.vocabulary import Provider

_ACCOUNTS = 9_000_000
_COPIES = (2_000_000, 5_000_000, 20_000_000)
_SMALL_ACCOUNTS = 2_000
_SMALL_COPIES = (2_000,)
_GIB = 1 << 30


def verdicts(place: str, *, small: bool) -> Iterator[Row]:
    """Measure each size; the snapshots share one directory, and each is removed when measured."""
    accounts, sizes = (_SMALL_ACCOUNTS, _SMALL_COPIES) if small else (_ACCOUNTS, _COPIES)
    root = os.path.join(place, "snapshots")
    shutil.rmtree(root, ignore_errors=True)
    writer = Writer(root, accounts)
    writer.directory()
    seconds: dict[int, float] = {}
    for copies in sizes:
        folder = writer.snapshot(copies)
        told = _measured(folder)
        shutil.rmtree(folder)
        seconds[copies] = told["wall"]
        yield from _rows(Size(copies, accounts), told, largest=copies == sizes[-1])
    shutil.rmtree(root)
    if len(sizes) > 1:
        yield _growth(seconds, sizes[-2], sizes[-1])


def _growth(seconds: Mapping[int, float], middle: int, largest: int) -> Row:
    each = seconds[largest] / largest / (seconds[middle] / middle)
    name = f"verdicts: seconds a copy, {_short(largest)} to {_short(middle)}"
    return at_most(name, each, "x", 1.15)


def _rows(size: Size, told: Mapping[str, Any], *, largest: bool) -> Iterator[Row]:
    what = f"verdicts: {_short(size.copies)} copies"
    found = told["misdelivered"] == size.misdelivered and told["others"] == 0
    yield Row(
        f"{what}, misdelivered found of {size.misdelivered:,}",
        told["misdelivered"],
        "copies",
        f"= {size.misdelivered:,}",
        found,
    )
    wall, memory = told["wall"], told["rss"] / _GIB
    if largest:
        yield at_most(f"{what}, wall", wall, "s", 120)
        yield at_most(f"{what}, resident memory at most", memory, "GiB", 4)
    else:
        yield Row(f"{what}, wall", wall, "s")
        yield Row(f"{what}, resident memory at most", memory, "GiB")
    yield Row(f"{what}, CPU time", told["cpu"], "s")
    yield Row(f"{what}, spilled to disk at most", told["spilled"] / _GIB, "GiB")


def _short(copies: int) -> str:
    return f"{copies // 1_000_000} million" if copies >= 1_000_000 else f"{copies:,}"


def _measured(folder: str) -> dict[str, Any]:
    done = subprocess.run(  # this very module
        [sys.executable, "-m", "bench.verdicts", folder], check=True, stdout=subprocess.PIPE
    )
    told: dict[str, Any] = json.loads(done.stdout)
    return told


class _Spill:
    """Watches how much a folder's files hold at most."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self.most = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.most = max(self.most, self._size())
            time.sleep(0.5)

    def _size(self) -> int:
        total = 0
        for place, _, names in os.walk(self._folder):
            if os.path.basename(place).startswith("spill-"):
                for name in names:
                    try:
                        total += os.stat(f"{place}/{name}").st_size
                    except FileNotFoundError:
                        continue
        return total


def examine(root: str) -> dict[str, Any]:
    """Examine the newest snapshot of a folder as the command does; tell what it took."""
    began, spill = time.perf_counter(), _Spill(root)
    manifest = latest(root)
    provider = Provider(
        "Example Mail",
        frozenset(f"d{number}.example" for number in range(DOMAINS)),
        frozenset({HOST, "store1.example.net"}),
    )
    wrong = others = 0
    with Engine(os.path.join(root, manifest.name)) as engine:
        examination = Examination(engine, manifest, Installation(provider, "example.net"))
        for finding in examination.findings(Question()):
            wrong += finding.verdict is Verdict.MISDELIVERED
            others += finding.verdict is not Verdict.MISDELIVERED
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "wall": time.perf_counter() - began,
        "cpu": used.ru_utime + used.ru_stime,
        "rss": used.ru_maxrss * 1024,
        "spilled": spill.most,
        "misdelivered": wrong,
        "others": others,
    }


if __name__ == "__main__":
    json.dump(examine(sys.argv[1]), sys.stdout)
