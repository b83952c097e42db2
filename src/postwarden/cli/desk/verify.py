"""`postwarden verify`: is the record of all that was done still what was written?"""

import os
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.custody.service import forged
from postwarden.ledger.service import (
    AnchorError,
    Fault,
    FileAnchor,
    Stamp,
    StampKeeper,
    Verification,
)
from postwarden.vocabulary import PostwardenError, rfc3339
from postwarden.wiring import anchors, ledger

SOME_BAD = 1
_SENTENCES = {
    "entry": "was changed after it was written",
    "payload": "has sealed facts that were changed",
    "missing": "is missing",
    "surplus": "is covered by no tree head, though heads are signed with their entries",
    "key": "has lost the key of its facts, and no entry says that it was erased",
    "head": "does not fit a signed tree head: it, or one up to the last one named, was changed",
    "anchor": "what an anchor holds is no tree head of this ledger",
}


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
    stamp against the certificates of its authority.

    Exit status: 0 when nothing was changed, 1 when something was, 2 when it could not be checked.
    """
    configuration = load(config)
    book = ledger(configuration)
    console = Console(highlight=False, soft_wrap=True)
    notes = [note for path in anchored or () for note in _brought(path)]
    stamps: list[Stamp] = []
    for anchor in anchors(configuration):
        try:
            notes += anchor.read()
            stamps += anchor.stamps() if isinstance(anchor, StampKeeper) else ()
        except AnchorError as error:
            console.print(visible(f"Not asked: {error}"), markup=False)
    found = book.verify(notes)
    plans = forged(book)
    for line in (*told(found), *_stamps(stamps), *_plans(plans)):
        console.print(visible(line), markup=False)
    if found.faults or plans or any(one.at is None for one in stamps):
        raise typer.Exit(SOME_BAD)


def _brought(path: str) -> list[str]:
    if not os.path.exists(path):
        raise AnchorMissing(f"{path}: is not there; name a file that an anchor wrote")
    return FileAnchor(path).read()


def told(found: Verification) -> list[str]:
    """Give the lines that say what was found; the first bad entry comes first."""
    lines = [_fault(fault) for fault in found.faults[:10]]
    if len(found.faults) > len(lines):
        lines.append(f"… and {len(found.faults) - len(lines)} more.")
    if not found.faults:
        lines.append(f"All {found.entries} entries are as they were written.")
    if found.erased:
        lines.append(f"{found.erased} payloads were erased on record; their proofs hold.")
    if found.tail:
        lines.append(
            f"Not anchored yet: the last {found.tail} entries. Whoever is root here could still"
            " rewrite them; nothing outside would show it."
        )
    return lines


def _stamps(stamps: Sequence[Stamp]) -> list[str]:
    """Say what stamps prove: that what the head covers is as old as that, or older."""
    lines = [
        f"BAD: the time stamp of the first {one.size} entries proves nothing: {one.why}"
        for one in stamps
        if one.at is None
    ]
    proven = [(one.size, one.at) for one in stamps if one.at is not None]
    if proven:
        size, at = max(proven)
        lines.append(
            f"Time-stamped: the first {size} entries were there as they are at {rfc3339(at)}"
            f" ({len(proven)} stamps in all)."
        )
    return lines


def _plans(faults: Sequence[str]) -> list[str]:
    lines = [f"BAD: {fault}" for fault in faults[:10]]
    if len(faults) > len(lines):
        lines.append(f"… and {len(faults) - len(lines)} more of plans.")
    return lines or ["Every plan is as it was frozen, and approved by who signed."]


def _fault(fault: Fault) -> str:
    if fault.code == "anchor":
        return f"BAD: {_SENTENCES[fault.code]}"
    place = (
        f"entry {fault.first}"
        if fault.first == fault.last
        else f"entry {fault.first} (or a later one, up to {fault.last})"
    )
    return f"BAD: {place} {_SENTENCES[fault.code]}"
