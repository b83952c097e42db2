"""`postwarden backup` and `postwarden restore-backup`: an installation as a folder, and back."""

import os
from typing import Annotated

import typer
from rich.console import Console

from postwarden.backup.service import make, put_back, secrets
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.configuration import Configuration, load
from postwarden.holds.errors import ProjectionUnfit
from postwarden.holds.file import HeldAccounts, projection_file
from postwarden.vocabulary import rfc3339
from postwarden.wiring import anchors, hold_desk, ledger

SOME_BAD = 1


def backup(
    folder: Annotated[
        str, typer.Argument(metavar="FOLDER", help="A folder that is not there yet.")
    ],
    evidence: Annotated[
        bool,
        typer.Option("--evidence/--no-evidence", help="With the snapshots, or without them."),
    ] = True,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Copy the state, the quarantine, the evidence and the settings into a new folder, with hashes.

    The console, the worker and the policy server go on meanwhile. Secrets are not in it: at the end it
    names those that have to be kept elsewhere. Killed, it leaves FOLDER.partial, which is no backup.
    """
    configuration = load(config)
    console = _console()
    made = make(configuration, folder, now(), evidence=evidence)
    size = sum(one.size for one in made.pieces)
    console.print(
        f"{len(made.pieces)} files with {size} bytes, as of {rfc3339(made.at)}: {visible(folder)}"
    )
    console.print("Not in it, and needed beside it; keep them elsewhere:")
    for path in secrets(configuration):
        console.print(f"  {visible(path)}", markup=False)
    console.print("  what opens the quarantine, and keys of doveadm that lie in files of their own")


def restore_backup(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="As `backup` made it.")],
    keys: Annotated[
        str,
        typer.Option(
            "--keys", metavar="FOLDER", help="Where its wrapping.key and signing.key are."
        ),
    ],
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Make an installation of a backup where none is; stop its services first.

    The settings are those of --config, not of the backup. Every hash is checked before anything is
    written, then the whole ledger; nothing that is there is overwritten. Killed, give it again. At the end
    it says what came later than the backup, as far as anchors and this host's holds show it.

    Exit status: 0 when all is as it was, 1 when the ledger is not, or something came later, 2 when nothing
    was put back.
    """
    configuration = load(config)
    console = _console()
    made = put_back(configuration, folder, keys)
    console.print(f"{len(made.pieces)} files of {rfc3339(made.at)} are back, each with its hash.")
    troubles = [*_of_ledger(configuration), *_later_holds(configuration)]
    for line in troubles:
        console.print(visible(line), markup=False)
    if troubles:
        raise typer.Exit(SOME_BAD)
    console.print(
        "The ledger is as it was written. Next: postwarden verify, start the services, doctor"
    )


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _of_ledger(configuration: Configuration) -> list[str]:
    book = ledger(configuration)
    found = book.verify([])
    told = [f"BAD: entry {fault.first}: {fault.code}" for fault in found.faults]
    outside = book.outside(anchors(configuration))
    told += [f"Not asked: {trouble}" for trouble in outside.away]
    newest = max((int(note.split("\n")[1]) for note in outside.notes), default=0)
    if newest > found.entries:
        told.append(
            f"{newest - found.entries} entries were recorded after this backup: an anchor has a head of"
            f" {newest}. What they say was done is done, and the record of it is lost; `postwarden verify`"
            " goes on to show it."
        )
    return told


def _later_holds(configuration: Configuration) -> list[str]:
    """Name accounts that this host still refuses, and that the state does not know to be held."""
    folder = configuration.holds.path
    if not os.path.exists(projection_file(folder)):
        return []
    there = HeldAccounts(folder)
    try:
        refused = there.accounts()
    except ProjectionUnfit as error:
        return [f"Not known which accounts this host refuses: {error}"]
    finally:
        there.close()
    known = {one.account for one in hold_desk(configuration, carries=False).held()}
    later = sorted(refused - known)
    if not later:
        return []
    told = (
        f"{len(later)} accounts are refused by this host, and no hold of the backup says so. The worker"
        " lets them in when it starts: hold them again before, by `postwarden hold`:"
    )
    return [told, *(f"  {one}" for one in later)]
