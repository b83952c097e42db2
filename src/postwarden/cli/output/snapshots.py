"""Snapshots, told to people: what a scan took, what there is, and what could not be read."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.console import Console

from postwarden.cli.output.hostile import visible
from postwarden.cli.output.times import with_year
from postwarden.evidence.service import Manifest
from postwarden.sources.service import ProblemRecord

_NAMED = 10
"""Problems of one kind that are named one by one."""


def print_scanned(
    manifest: Manifest, problems: Iterable[ProblemRecord], console: Console, zone: ZoneInfo
) -> None:
    """Say what a scan took and what to do next."""
    rows = manifest.rows
    console.print(
        f"Snapshot {manifest.name}: {rows['copies']:,} copies in {rows['mailboxes']:,} "
        f"mailboxes, {rows['deliveries']:,} deliveries, {rows['accesses']:,} accesses, "
        f"{rows['entries']:,} lines of the address directory.",
        soft_wrap=True,
    )
    for code, same in groupby(problems, key=lambda one: one.code):
        _print_problems(code, list(same), console)
    console.print(
        f"It is kept until {with_year(manifest.expires, zone)}. Next: postwarden examine",
        soft_wrap=True,
    )


def _print_problems(code: str, problems: Sequence[ProblemRecord], console: Console) -> None:
    """Count the problems of one kind, and name the first of them with their places."""
    console.print(f"  {len(problems):>6,}  {code.replace('-', ' ')}")
    for one in problems[:_NAMED]:
        place = "" if one.file is None else f" ({one.file}{f':{one.line}' if one.line else ''})"
        text = f"          {one.subject}{place}: {one.detail}"
        console.print(visible(text), soft_wrap=True, markup=False, emoji=False)
    if len(problems) > _NAMED:
        console.print(f"          and {len(problems) - _NAMED:,} more")


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
