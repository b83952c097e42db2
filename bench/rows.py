"""What the bench found, as rows of a table and as JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        name: what was measured, its part first.
        value: the figure.
        unit: of the figure; "x" is a ratio.
        target: what it should be, such as ">= 20"; "" where nothing is asked.
        ok: whether it is so; None where nothing is asked.
    """

    name: str
    value: float
    unit: str
    target: str = ""
    ok: bool | None = None


def at_least(name: str, value: float, unit: str, wanted: float) -> Row:
    """Give a figure that should not be lower."""
    return Row(name, value, unit, f">= {wanted:,g}", value >= wanted)


def at_most(name: str, value: float, unit: str, wanted: float) -> Row:
    """Give a figure that should not be higher."""
    return Row(name, value, unit, f"<= {wanted:,g}", value <= wanted)


def show(row: Row) -> None:
    """Print a row as soon as it is known."""
    mark = {True: "met", False: "NOT MET", None: ""}[row.ok]
    figure = f"{row.value:,.0f}" if abs(row.value) >= 1000 else f"{row.value:,.3g}"
    print(f"{row.name:<66}{figure:>14} {row.unit:<12}{row.target:>12}  {mark}", flush=True)


def save(path: str, rows: Sequence[Row]) -> None:
    """Write all rows as a JSON list."""
    with open(path, "w", encoding="utf-8") as file:
        json.dump([asdict(row) for row in rows], file, indent=1)
        file.write("\n")
    print(f"written: {path}", file=sys.stderr)
