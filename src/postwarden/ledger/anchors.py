"""Writing tree heads outside: to a file, best on another host's file system."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from typing import NamedTuple

from django.db.models import Max

from postwarden.ledger.errors import AnchorError
from postwarden.ledger.models import AnchoredRow, HeadRow
from postwarden.ledger.ports import Anchor, Stamp, StampKeeper
from postwarden.vocabulary import Moment

_END = "\n\n"
_LONGEST = 200  # characters of `AnchoredRow.anchor`
_SIGNATURE = 92  # characters: key id and Ed25519 signature, 68 bytes, in base64


class FileAnchor:
    """Appends heads to a file: a mounted share, or a disk that only takes additions (chattr +a)."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def name(self) -> str:
        """The file."""
        return f"file {self._path}"

    def write(self, note: str) -> None:
        """Append and sync; a note cut short by a crash is followed by a whole one."""
        try:
            descriptor = os.open(
                self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644
            )
            with open(descriptor, "wb") as file:
                file.write(f"{_END}{note}".encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise AnchorError(f"{self._path}: {error.strerror}") from error

    def read(self) -> list[str]:
        """Give all whole notes."""
        return notes_in(self.text())

    def text(self) -> str:
        """Give all that the file holds; "" where it is not there yet. Raises as `Anchor.read`."""
        try:
            with open(self._path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise AnchorError(f"{self._path}: {error.strerror}") from error


def notes_in(text: str) -> list[str]:
    """Give the signed notes of a text: each is a body, an empty line, and its signature.

    A note that a full disk or a crash cut short is none: the head was written again after it.
    """
    blocks = [block.strip("\n") for block in text.split(_END)]
    blocks = [block for block in blocks if block]
    return [
        f"{body}\n\n{signature}\n"
        for body, signature in pairwise(blocks)
        if _is_signature(signature) and not body.startswith("\u2014 ")
    ]


def _is_signature(line: str) -> bool:
    return line.startswith("\u2014 ") and len(line.rpartition(" ")[2]) == _SIGNATURE


class Asked(NamedTuple):
    """What an anchor holds, and what it should.

    Attributes:
        notes: those it holds.
        lost: sizes of heads that were written there and that it does not hold any more, and when
            they were written.
    """

    notes: list[str]
    lost: Mapping[int, Moment]


def ask(anchor: Anchor) -> Asked:
    """Ask an anchor for all its notes, and miss those that were written to it.

    Whether a note is as it was signed is not looked at.

    Raises:
        AnchorError: it could not be asked.
    """
    written = AnchoredRow.objects.filter(anchor=_short(anchor.name))
    recorded = dict(written.values_list("size", "at"))  # first: meanwhile more may be written
    notes = anchor.read()
    held = {note.split("\n")[1] for note in notes}
    return Asked(notes, {size: at for size, at in recorded.items() if str(size) not in held})


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


def outside(anchors: Sequence[Anchor]) -> Outside:
    """Ask every anchor for all that it holds; those that do not answer are named."""
    found = Outside(unnamed=unnamed(anchors))
    for anchor in anchors:
        try:
            asked = ask(anchor)
            found.notes += asked.notes
            if asked.lost:
                found.lost[anchor.name] = asked.lost
            found.stamps += anchor.stamps() if isinstance(anchor, StampKeeper) else ()
        except AnchorError as error:
            found.away.append(str(error))
    return found


class Anchored(NamedTuple):
    """The newest head that an anchor holds: its leaves, and when it was written there."""

    anchor: str
    size: int
    at: Moment


def anchored() -> list[Anchored]:
    """Give, for every anchor ever written to, the newest head written, by name."""
    newest = AnchoredRow.objects.values("anchor").annotate(size=Max("size"), at=Max("at"))
    return [Anchored(**one) for one in newest.order_by("anchor")]


def unnamed(anchors: Iterable[Anchor]) -> list[str]:
    """Give the anchors that heads were written to and that are not among these."""
    named = {_short(anchor.name) for anchor in anchors}
    return sorted(set(AnchoredRow.objects.values_list("anchor", flat=True).distinct()) - named)


def write_newest(anchor: Anchor, now: Moment) -> bool:
    """Write the newest head to an anchor that does not hold it; tell whether there was one.

    Promise: what is recorded as anchored is there; after a crash it may be there twice.

    Raises:
        AnchorError: nothing was recorded; the next call tries again.
    """
    head, name = HeadRow.objects.order_by("-size").first(), _short(anchor.name)
    held = AnchoredRow.objects.filter(anchor=name).aggregate(size=Max("size"))["size"]
    if head is None or (held is not None and held >= head.size):
        return False
    anchor.write(head.note)
    AnchoredRow.objects.get_or_create(anchor=name, size=head.size, defaults={"at": now})
    return True


def _short(name: str) -> str:
    """Give a name that its column has room for, another one for each anchor."""
    return (
        name
        if len(name) <= _LONGEST
        else f"{name[: _LONGEST - 65]} {sha256(name.encode()).hexdigest()}"
    )
