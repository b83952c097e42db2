"""`postwarden preflight`: what a new alias map would change, before it is live."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.maps import compare, kept_entries
from postwarden.cli.opened import opened
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, SnapshotName
from postwarden.cli.output.alternatives import print_changes, write_changes
from postwarden.configuration import load

SOME_CHANGE = 1


def preflight(
    newmap: Annotated[str, typer.Argument(metavar="NEWMAP", help="The map about to be made live.")],
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
    days: Annotated[int, typer.Option(min=1, help="Look at so many days of deliveries.")] = 14,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print JSON lines.")] = False,
    snapshot: SnapshotName = None,
) -> None:
    """Say which deliveries of the last days would have gone elsewhere by a new map.

    Exit status: 0 when none would, 1 when some would, 2 when it could not run.
    """
    configuration = load(config)
    with opened(configuration, snapshot) as evidence:
        comparison = compare(configuration, kept_entries(evidence.engine, configuration), [newmap])
        counts = evidence.recent_originals(days)
        changed = comparison.changes(configuration, tuple(counts))
    found = [(change, counts[change.address]) for change in changed if change.address in counts]
    found.sort(key=lambda pair: (-pair[1], pair[0].address))
    if jsonl:
        write_changes(found, sys.stdout)
    else:
        print_changes(found, days, Console(highlight=False))
    if found:
        raise typer.Exit(SOME_CHANGE)
