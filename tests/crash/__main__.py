"""Runs all parts, or those that are named, or single points; of all it writes build/crash.json."""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from queue import Empty, SimpleQueue

from postwarden.state.service import set_up

set_up()

from crash import parts  # noqa: E402  # has models: after set_up
from crash.disturbed import STEPS  # noqa: E402  # likewise
from crash.drills import drill  # noqa: E402  # likewise
from crash.machine import in_memory, machine  # noqa: E402  # likewise
from crash.points import SCENES, Suite, parsed  # noqa: E402  # likewise
from crash.reporting import at_least, at_most, measured  # noqa: E402  # likewise

BUILD = pathlib.Path("build")
DEEPER = (
    "hold",
    "release",
    "worker-holds",
    "worker-releases",
    "repair",
    "repair-by-peer",
    "restore",
)
REPAIRS = ("repair", "restore")
EVERY = 23  # of the points of a recovery
AT_ONCE = 2


def all_points(suite, scenes):
    """Give the points to run: every one of an act, some of its recovery."""
    found = [point for scene in scenes for point in suite.points(scene)]
    deeper = (scene for scene in DEEPER if scene in scenes)
    return found + [point for scene in deeper for point in suite.deeper(scene)[::EVERY]]


def run(points, found, folder, place, began, *, named):
    """Run points on a machine of its own until none is left."""
    root = folder / str(place)
    root.mkdir()
    with machine(root) as made:
        suite = Suite(made)
        while True:
            try:
                point = points.get_nowait()
            except Empty:
                return
            failures = suite.failures(point)
            found.append((point, failures))
            if named and not failures:
                print(f"ok   {point}")
            if failures:
                print(f"FAIL {point}\n     " + "\n     ".join(failures), flush=True)
            if len(found) % 100 == 0:
                print(f"{len(found)} points in {time.monotonic() - began:.0f} s", flush=True)


def kind_of(point):
    """Give the row that a point is counted in."""
    return f"{point.scene}{', killed again' if point.before else ''}: {point.fault}"


def disturbed(_named=()):
    """Let users and Postwarden act on the same mailboxes; give the rows of that."""
    words = [sys.executable, "-m", "crash.disturbed"]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=False)
    told = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"steps": 0}
    return [
        at_least("users and Postwarden: steps", told["steps"], STEPS),
        measured("users and Postwarden: time", told.get("seconds"), "s"),
    ]


def rows_of(found, seconds):
    """Give the rows of the report."""
    ran = Counter(kind_of(point) for point, _ in found)
    failed = Counter(kind_of(point) for point, failures in found if failures)
    rows = [measured(f"{kind}: points", ran[kind]) for kind in sorted(ran)]
    rows += [at_most(f"{kind}: failed", failed[kind], 0) for kind in sorted(ran)]
    repairs = sum(many for kind, many in ran.items() if kind.startswith(REPAIRS))
    rows.append(at_least("repairs and restores: points", repairs, 2000))
    rows.append(at_least("all: points", ran.total(), 3000))
    rows.append(at_most("all: failed", failed.total(), 0))
    rows.append(measured("time", round(seconds), "s"))
    return rows


def calls(named=()):
    """Stop acts at their system calls, all of them or those of some scenes or points; give the rows."""
    began, found, waiting = time.monotonic(), [], SimpleQueue()
    with in_memory() as folder:
        if any(":" in text for text in named):
            points = [parsed(text) for text in named]
        else:
            (folder / "enumerated").mkdir()
            with machine(folder / "enumerated") as made:
                points = all_points(Suite(made), named or SCENES)
            random.Random(0).shuffle(points)  # what is known early is of all kinds
        for point in points:
            waiting.put(point)
        print(f"{len(points)} points to run", flush=True)
        threads = [
            threading.Thread(
                target=run,
                args=(waiting, found, folder, place, began),
                kwargs={"named": ":" in "".join(named)},
            )
            for place in range(min(AT_ONCE, len(points)))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    rows = rows_of(found, time.monotonic() - began)
    rows.append(at_most("all: not run", len(points) - len(found), 0))
    return [one for one in rows if not named or one["name"].endswith(("failed", "not run"))]


PARTS = {
    "calls": (calls, "each act at each of its system calls, on files and behind a peer"),
    "real": (parts.real, "repairs and restores on a real Dovecot, at seeded points"),
    "lab": (parts.lab, "people and Postwarden on the same mailboxes of a real Dovecot, by seed"),
    "drill": (drill, "the drill's case, while commands, programs and servers are killed"),
    "model": (disturbed, "people and Postwarden against a model, for many steps"),
}


def main(words):
    """Run; the exit status is 1 when anything failed."""
    told = "".join(f"  {name:<8}{what}\n" for name, (_, what) in PARTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m crash",
        description="Stop what Postwarden does anywhere, let it go on, and judge the end.",
        epilog=f"parts:\n{told}scenes of calls: {', '.join(SCENES)}\n"
        "points: as they are printed, such as hold:pwrite64:12:EIO, real:mdbox:repair:7, "
        "lab:maildir:files:3 or drill:2",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="*", help="parts, scenes or points; nothing: all parts")
    named = parser.parse_args(words).what
    rows = _rows(named)
    for row in rows:
        print(f"{'ok  ' if row['ok'] else 'FAIL'} {row['name']:<45} {row['value']}")
    if not named:
        BUILD.mkdir(exist_ok=True)
        (BUILD / "crash.json").write_text(json.dumps(rows, indent=1) + os.linesep)
    return int(not all(row["ok"] for row in rows))


def _rows(named):
    by_part = {name: [] for name in PARTS if name in named or not named}
    for one in named:
        if one not in PARTS:
            first = one.partition(":")[0]
            by_part.setdefault(first if first in PARTS else "calls", []).append(one)
    return [row for name, some in by_part.items() for row in PARTS[name][0](some)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
