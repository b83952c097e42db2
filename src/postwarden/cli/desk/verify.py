"""`postwarden verify`: is the record of all that was done still what was written?"""

import os
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.custody.service import Checked, forged
from postwarden.ledger.service import FileAnchor
from postwarden.relocation.service import faults
from postwarden.vocabulary import PostwardenError
from postwarden.wiring import anchors, ledger, quarantine
from postwarden.words import record

SOME_BAD = 1
NOT_ALL_ASKED = 2


class AnchorMissing(PostwardenError):
    """A file of tree heads was named that is not there."""


def verify(
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
    anchored: Annotated[
        list[str] | None,
        typer.Option(
            "--anchored",
            metavar="FILE",
            help="Tree heads brought from elsewhere; may be given again.",
        ),
    ] = None,
) -> None:
    """Check the whole ledger against its signed tree heads, those kept outside included.

    Every plan kept is checked against its hash, every approval against its signature, every time
    stamp against the certificates of its authority, every file in quarantine against its hash, every
    copy that a repair moved against the record; what was written to an anchor has to be there.

    Exit status: 0 when nothing was changed, 1 when something was, 2 when it could not be checked: also
    where an anchor could not be asked.
    """
    configuration = load(config)
    book = ledger(configuration)
    console = Console(highlight=False, soft_wrap=True)
    brought = [note for path in anchored or () for note in _brought(path)]
    outside = book.outside(anchors(configuration))
    found = book.verify([*brought, *outside.notes])
    box = quarantine(configuration, book)
    plans, kept, repairs = forged(book), box.verify(), faults(book, box)
    lines = [*record.verified(found), *record.anchors(outside), *record.stamps(outside.stamps)]
    of_repairs = record.faults(repairs, "repairs")
    for line in (*lines, *_plans(plans), *_kept(kept), *of_repairs):
        console.print(visible(line), markup=False)
    if (
        found.faults
        or plans
        or kept.faults
        or repairs
        or outside.lost
        or any(one.at is None for one in outside.stamps)
    ):
        raise typer.Exit(SOME_BAD)
    if outside.away:
        raise typer.Exit(NOT_ALL_ASKED)


def _brought(path: str) -> list[str]:
    if not os.path.exists(path):
        raise AnchorMissing(f"{path}: is not there; name a file that an anchor wrote")
    return FileAnchor(path).read()


def _plans(faults: Sequence[str]) -> list[str]:
    lines = list(record.faults(faults, "plans"))
    return lines or ["Every plan is as it was frozen, and approved by who signed."]


def _kept(kept: Checked) -> list[str]:
    lines = list(record.faults(kept.faults, "the quarantine"))
    if not lines and kept.objects:
        lines.append(f"All {kept.objects} objects in quarantine are as they were put there.")
    return lines
