"""`python -m bench [--small] [part...]`: prints a table and writes build/bench.json."""

import argparse
import os
import shutil
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bench.holds import holds
from bench.ledger import ledger
from bench.logins import logins
from bench.logs import logs
from bench.rows import Row, save, show
from bench.scan import rescan, scan
from bench.verdicts import verdicts
from postwarden.state.service import set_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def main() -> int:
    """Run the parts asked for, all by default; 1 when a figure that is asked for is not met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="part",
        help="scan, rescan, logs, verdicts, holds, logins, ledger, repair",
    )
    parser.add_argument("--small", action="store_true", help="small input: only that it runs")
    parser.add_argument("--corpus", default="build/corpus/package/data", help="real messages")
    parser.add_argument("--place", default="build/bench", help="folder for what is generated")
    parser.add_argument("--output", default="build/bench.json", help="where rows are written")
    asked = parser.parse_args()
    place = os.path.abspath(asked.place)
    every: dict[str, Callable[[], Iterator[Row]]] = {
        "scan": partial(scan, place, asked.corpus, small=asked.small),
        "rescan": partial(rescan, place, asked.corpus, small=asked.small),
        "logs": partial(logs, place, small=asked.small),
        "verdicts": partial(verdicts, place, small=asked.small),
        "holds": partial(holds, small=asked.small),
        "logins": partial(logins, small=asked.small),
        "ledger": partial(ledger, place, small=asked.small),
        "repair": partial(_repair, small=asked.small),
    }
    unknown = set(asked.parts) - every.keys()
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    os.makedirs(place, exist_ok=True)
    rows: list[Row] = []
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for part in asked.parts or every:
        for row in every[part]():
            if asked.small and not row.target.startswith("="):
                row = replace(row, target="", ok=None)  # noqa: PLW2901  # too small to meet figures
            rows.append(row)
            show(row)
    shutil.rmtree(place)
    save(asked.output, rows)
    return int(not asked.small and any(row.ok is False for row in rows))


def _repair(*, small: bool) -> "Iterator[Row]":
    """Run the part on repairs, whose modules have models."""
    set_up()
    from bench.repair import repair  # noqa: PLC0415  # once Django is set up

    return repair(small=small)
