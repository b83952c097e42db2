"""`postwarden verify`: is the record of all that was done still what was written?"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.custody.service import Checked, forged
from postwarden.ledger.service import (
    Anchor,
    AnchorError,
    Fault,
    FileAnchor,
    Ledger,
    Stamp,
    StampKeeper,
    Verification,
)
from postwarden.relocation.service import faults
from postwarden.vocabulary import Moment, PostwardenError, rfc3339
from postwarden.wiring import anchors, ledger, quarantine

SOME_BAD = 1
NOT_ALL_ASKED = 2
_SENTENCES = {
    "entry": "was changed after it was written",
    "payload": "has sealed facts that were changed",
    "missing": "is missing",
    "surplus": "is covered by no tree head, though heads are signed with their entries",
    "key": "has lost the key of its facts, and no entry says that it was erased",
    "head": "does not fit a signed tree head: it, or one up to the last one named, was changed",
    "anchor": "what an anchor holds is no tree head of this ledger",
}


@dataclass(slots=True)
class Outside:
    """What the anchors said.

    Attributes:
        notes: all tree heads they hold.
        stamps: likewise.
        lost: by anchor, the sizes of heads that it no longer holds, and when they were written.
        away: why some could not be asked.
        unnamed: anchors once written to that the configuration does not name any more.
    """

    notes: list[str] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)
    lost: dict[str, Mapping[int, Moment]] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    unnamed: list[str] = field(default_factory=list)


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
    outside = _asked(book, anchors(configuration))
    found = book.verify([*brought, *outside.notes])
    box = quarantine(configuration, book)
    plans, kept, repairs = forged(book), box.verify(), faults(book, box)
    lines = [*told(found), *_anchors(outside), *_stamps(outside.stamps), *_plans(plans)]
    for line in (*lines, *_kept(kept), *_repairs(repairs)):
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


def _asked(book: Ledger, named: Sequence[Anchor]) -> Outside:
    outside = Outside(unnamed=book.unnamed(named))
    for anchor in named:
        try:
            asked = book.ask(anchor)
            outside.notes += asked.notes
            if asked.lost:
                outside.lost[anchor.name] = asked.lost
            outside.stamps += anchor.stamps() if isinstance(anchor, StampKeeper) else ()
        except AnchorError as error:
            outside.away.append(str(error))
    return outside


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


def _anchors(outside: Outside) -> list[str]:
    """Say what anchors no longer hold, and which were not asked."""
    lines = []
    for name, lost in outside.lost.items():
        first, count = min(lost), f"{len(lost)} tree head{'' if len(lost) == 1 else 's'}"
        lines.append(
            f"BAD: {name} no longer holds {count} written there, the first one of {first} entries at"
            f" {rfc3339(lost[first])}"
        )
    lines += [f"Not asked: {trouble}" for trouble in outside.away]
    return lines + [
        f"Not asked: {name}: heads were written there; postwarden.toml does not name it any more."
        for name in outside.unnamed
    ]


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


def _kept(kept: Checked) -> list[str]:
    lines = [f"BAD: {fault}" for fault in kept.faults[:10]]
    if len(kept.faults) > len(lines):
        lines.append(f"… and {len(kept.faults) - len(lines)} more of the quarantine.")
    if not lines and kept.objects:
        lines.append(f"All {kept.objects} objects in quarantine are as they were put there.")
    return lines


def _repairs(faults: Sequence[str]) -> list[str]:
    lines = [f"BAD: {fault}" for fault in faults[:10]]
    if len(faults) > len(lines):
        lines.append(f"… and {len(faults) - len(lines)} more of repairs.")
    return lines


def _fault(fault: Fault) -> str:
    if fault.code == "anchor":
        return f"BAD: {_SENTENCES[fault.code]}"
    place = (
        f"entry {fault.first}"
        if fault.first == fault.last
        else f"entry {fault.first} (or a later one, up to {fault.last})"
    )
    return f"BAD: {place} {_SENTENCES[fault.code]}"
