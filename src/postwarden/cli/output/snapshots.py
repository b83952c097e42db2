"""Snapshots, told to people: what a scan took, what there is, and what could not be read."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from rich.console import Console

from postwarden.cli.output.hostile import visible
from postwarden.cli.output.times import with_year
from postwarden.evidence.service import Manifest


def print_scanned(
    manifest: Manifest, problems: Mapping[str, int], console: Console, zone: ZoneInfo
) -> None:
    """Say what a scan took and what to do next."""
    rows = manifest.rows
    console.print(
        f"Snapshot {manifest.name}: {rows['copies']:,} copies in {len(manifest.mailboxes):,} "
        f"mailboxes, {rows['deliveries']:,} deliveries, {rows['accesses']:,} accesses, "
        f"{rows['entries']:,} lines of the address directory.",
        soft_wrap=True,
    )
    for code, count in sorted(problems.items()):
        console.print(f"  {count:>6,}  {visible(code)}", markup=False)
    console.print(
        f"It is kept until {with_year(manifest.expires, zone)}. Next: postwarden examine",
        soft_wrap=True,
    )


def print_snapshots(manifests: Iterable[Manifest], console: Console, zone: ZoneInfo) -> None:
    """List snapshots, oldest first, a line each."""
    for manifest in manifests:
        since = manifest.scope.since
        console.print(
            f"{manifest.name}  {manifest.rows['copies']:>10,} copies  {_scope(manifest)}"
            f"{f', since {with_year(since, zone)}' if since is not None else ''}; "
            f"kept until {with_year(manifest.expires, zone)}; {visible(manifest.purpose)}",
            soft_wrap=True,
            markup=False,
            emoji=False,
        )


def _scope(manifest: Manifest) -> str:
    accounts = manifest.scope.accounts
    if not accounts:
        return "all accounts"
    return visible(accounts[0]) if len(accounts) == 1 else f"{len(accounts)} accounts"
