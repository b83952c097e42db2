"""`postwarden evidence`: the snapshots there are, and their end."""

from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.snapshots import print_snapshots
from postwarden.configuration import load
from postwarden.evidence.service import NoSnapshot, check, finished, merge
from postwarden.evidence.service import expire as expire_snapshots

app = typer.Typer(
    help="List, check, merge and expire snapshots.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command("list")
def list_snapshots(config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """List the finished snapshots, oldest first."""
    configuration = load(config)
    console = Console(highlight=False)
    manifests = finished(configuration.evidence.path)
    if not manifests:
        console.print("There is no snapshot yet. Next: postwarden scan")
        return
    print_snapshots(manifests, console, configuration.provider.zone)


@app.command("check")
def check_snapshot(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `evidence list` prints it.")],
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Compare every part of a snapshot with the hash in its manifest."""
    manifest = check(load(config).evidence.path, name)
    typer.echo(f"{manifest.name}: all {len(manifest.parts)} parts are as they were taken.")


@app.command("merge")
def merge_snapshots(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Names, or folders brought from elsewhere.")
    ],
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Merge snapshots of several hosts into a new one."""
    manifest = merge(load(config).evidence.path, names, now())
    typer.echo(f"{manifest.name}: merged from {', '.join(manifest.merged)}.")


@app.command("expire")
def expire(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="These too, before their time.")
    ] = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Remove the snapshots whose time is over."""
    root = load(config).evidence.path
    removed = expire_snapshots(root, now(), names or ())
    missing = set(names or ()) - set(removed)
    if missing:
        raise NoSnapshot(f"{root}: holds no snapshot {', '.join(sorted(missing))}")
    typer.echo("Removed: " + (", ".join(removed) or "none, no snapshot is past its time."))
