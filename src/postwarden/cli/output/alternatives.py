"""What another address map did or would do, told to people and programs."""

import json
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console

from postwarden.cli.output.hostile import visible
from postwarden.verdicts.service import Change, Concern, FaultReport

_SHOWN = 40


def print_fault(report: FaultReport, console: Console) -> None:
    """Print which addresses and accounts a faulty map concerns, and what it explains."""
    certain = [one for one in report.accounts if one.concern is Concern.CERTAIN]
    possible = len(report.accounts) - len(certain)
    console.print(
        f"The wrong map leads {len(report.changes)} addresses elsewhere. Accounts concerned: "
        f"{len(certain)} certain, {possible} possible, {report.excluded} excluded.",
        soft_wrap=True,
    )
    console.print(
        f"It explains {report.explained} misdelivered copies"
        + (f"; {len(report.unexplained)} are not explained by it." if report.unexplained else "."),
        soft_wrap=True,
    )
    for change in report.changes[:_SHOWN]:
        console.print(
            f"  {change.concern:<9} {_line(change)}", markup=False, emoji=False, soft_wrap=True
        )
    if len(report.changes) > _SHOWN:
        console.print(f"  and {len(report.changes) - _SHOWN} more (see --format html)")
    console.print()


def _line(change: Change) -> str:
    lost = ", ".join(change.lost) or "nobody"
    gained = ", ".join(change.gained) or "nobody"
    found = f" ({change.found} found)" if change.found else ""
    return visible(f"{change.address}: {lost} → {gained}{found}")


def print_changes(counted: Iterable[tuple[Change, int]], days: int, console: Console) -> None:
    """Print which deliveries would have gone elsewhere by a new map."""
    rows = list(counted)
    total = sum(count for _, count in rows)
    if not rows:
        console.print(f"No delivery of the last {days} days would have gone elsewhere.")
        return
    console.print(
        f"{total} deliveries of the last {days} days, to {len(rows)} addresses, would have gone "
        "elsewhere. Do not make the map live before this is what you mean:",
        soft_wrap=True,
    )
    for change, count in rows:
        console.print(f"  {count:>6,}  {_line(change)}", markup=False, emoji=False, soft_wrap=True)


def write_changes(counted: Iterable[tuple[Change, int]], stream: TextIO) -> None:
    """Write them as JSON lines: address, deliveries, before, after."""
    for change, count in counted:
        row = {
            "address": change.address,
            "deliveries": count,
            "before": list(change.lost),
            "after": list(change.gained),
        }
        stream.write(json.dumps(row) + "\n")
