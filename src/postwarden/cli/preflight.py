"""`postwarden preflight`: what a new alias map would change, before it is live."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, SnapshotName
from postwarden.cli.output.alternatives import print_changes, write_changes
from postwarden.configuration import load
from postwarden.maps import preflight as foresee

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
    found = foresee(configuration, newmap, days, snapshot).found
    if jsonl:
        write_changes(found, sys.stdout)
    else:
        print_changes(found, days, Console(highlight=False))
    if found:
        raise typer.Exit(SOME_CHANGE)
