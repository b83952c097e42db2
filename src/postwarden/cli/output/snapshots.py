"""Snapshots, told to people: what a scan took, what there is, and what could not be read."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from postwarden.cli.output.hostile import visible
from postwarden.cli.output.times import full
from postwarden.evidence.service import Manifest

_COUNTED = ("copies", "deliveries", "accesses", "entries", "problems")


def print_scanned(
    manifest: Manifest, problems: Mapping[str, int], console: Console, zone: ZoneInfo
) -> None:
    """Say what a scan took and what to do next."""
    rows = manifest.rows
    console.print(
        f"Snapshot {manifest.name}: {rows['copies']:,} copies in {len(manifest.mailboxes):,} "
        f"mailboxes, {rows['deliveries']:,} deliveries, {rows['accesses']:,} accesses, "
        f"{rows['entries']:,} lines of the address directory."
    )
    for code, count in sorted(problems.items()):
        console.print(f"  {count:>6,}  {visible(code)}", markup=False)
    console.print(f"It is kept until {full(manifest.expires, zone)}. Next: postwarden examine")


def print_snapshots(manifests: Iterable[Manifest], console: Console, zone: ZoneInfo) -> None:
    """List snapshots, oldest first."""
    table = Table(box=None, pad_edge=False)
    for heading in ("name", "taken", "expires", "purpose", "scope", "copies"):
        table.add_column(heading, overflow="fold")
    for manifest in manifests:
        scope = ", ".join(manifest.scope.accounts) or "everything"
        table.add_row(
            manifest.name,
            full(manifest.taken, zone),
            full(manifest.expires, zone),
            visible(manifest.purpose),
            visible(scope),
            f"{manifest.rows['copies']:,}",
        )
    console.print(table)
