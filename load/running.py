"""`python -m load [--small] [--url URL]`: prints a table and writes build/load.json."""

import argparse
import os
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.rows import Row, save, show
from load.sizes import SMALL, WHOLE, Size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from load.furnishing import Furnished
    from load.served import Served

_FLAT = 1.1
"""How much larger the memory may be at the end than after a minute, or a fifth of a shorter time."""

_FIRST = (4, 4, 5)
"""What is asked before anything counts: pages and requests a second, and seconds. A process loads at its
first answers what later ones have."""


def main() -> int:
    """Furnish, serve, ask and measure; 1 when a figure that is asked for is not met."""
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("--small", action="store_true", help="small input: only that it runs")
    parser.add_argument("--url", help="of an empty PostgreSQL database; without it, SQLite")
    parser.add_argument("--seconds", type=float, help="that it lasts")
    parser.add_argument("--pages", type=float, help="of the console, a second")
    parser.add_argument("--api", type=float, help="requests to the API, a second")
    parser.add_argument("--place", default="build/load", help="folder for what is generated")
    parser.add_argument("--output", default="build/load.json", help="where rows are written")
    asked = parser.parse_args()
    size = SMALL if asked.small else WHOLE
    told = {"seconds": asked.seconds, "pages": asked.pages, "api": asked.api}
    size = replace(size, **{name: value for name, value in told.items() if value is not None})
    place = Path(asked.place).absolute()
    place.mkdir(parents=True, exist_ok=True)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    rows: list[Row] = []
    for row in _measured(place, asked.url, size):
        if asked.small and not row.target.startswith("="):
            row = replace(row, target="", ok=None)  # noqa: PLW2901  # too small to meet figures
        rows.append(row)
        show(row)
    save(asked.output, rows)
    return int(any(row.ok is False for row in rows))


def _measured(place: Path, url: str | None, size: Size) -> "Iterator[Row]":
    """Set Django up as the console does, before anything with models is imported."""
    from postwarden.configuration import load  # noqa: PLC0415  # nothing of it for worker processes
    from postwarden.console.serving import prepare  # noqa: PLC0415

    shutil.rmtree(place / "state", ignore_errors=True)
    from load.place import configured, evidence  # noqa: PLC0415

    file = configured(place, url)
    evidence(place, size)
    prepare(load(str(file)), secure=False)
    from load.furnishing import furnish  # noqa: PLC0415  # has models: once Django is set up
    from load.served import served  # noqa: PLC0415

    made = furnish(file, size)
    with served(file) as server:
        yield from _asked(server, made, size)


def _asked(server: "Served", made: "Furnished", size: Size) -> "Iterator[Row]":
    from load.asking import Stream, asked  # noqa: PLC0415  # with `mix`, which knows what was furnished
    from load.figures import figures  # noqa: PLC0415
    from load.mix import API, PAGES, asks  # noqa: PLC0415

    def streams(pages: float, api: float, seconds: float) -> list[Stream]:
        signed_in = {"Cookie": f"sessionid={made.session}; csrftoken={made.csrf}"}
        bearer = {"Authorization": f"Bearer {made.token}"}
        return [
            Stream(asks(PAGES, made, round(pages * seconds), 1), pages, signed_in, made.csrf),
            Stream(asks(API, made, round(api * seconds), 2), api, bearer),
        ]

    asked(server.port, streams(*_FIRST))
    early: list[float] = []
    look = threading.Timer(min(60, size.seconds / 5), lambda: early.append(server.memory()))
    look.start()
    before = server.busy()
    answered = asked(server.port, streams(size.pages, size.api, size.seconds))
    busy, late = server.busy() - before, server.memory()
    look.join()
    yield from figures("pages", [one for one in answered if one.page], 95, 150)
    yield from figures("API", [one for one in answered if not one.page], 99, 200)
    yield Row("processor time of the server, an answer", busy * 1_000 / len(answered), "ms")
    yield Row("memory, early", early[0], "MiB")
    most = early[0] * _FLAT
    yield Row("memory, at the end", late, "MiB", f"<= {most:,.0f}", late <= most)
