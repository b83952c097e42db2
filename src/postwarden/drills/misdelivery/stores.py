"""What lies in a lab's Maildirs, read with code of its own: the drill judges Postwarden by it."""

import hashlib
import re
from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from postwarden.drills.misdelivery.errors import NotAsMeant
from postwarden.drills.misdelivery.stock import message_ids_of
from postwarden.drills.misdelivery.truth import Truth

_LINE_END = re.compile(rb"\r?\n")
_SHOWN = 5


class Stored(NamedTuple):
    """One stored copy.

    Attributes:
        account: the holder.
        folder: IMAP name.
        message_id: the message's own.
        content: SHA-256 of its bytes with every line ended by CR LF.
        date: when it arrived, in whole seconds since 1970, UTC (INTERNALDATE of a Maildir).
        flags: letters of the file's name; an unread copy without any flag has none.
        file: its name up to the flags.
    """

    account: str
    folder: str
    message_id: str
    content: str
    date: int
    flags: str
    file: str


def read(root: Path, known: Container[str]) -> list[Stored]:
    """Read every copy of known Message-IDs below a lab's folder.

    Args:
        root: the lab's folder.
        known: Message-IDs; copies of others are left out.
    """
    found = []
    for place in sorted((root / "vmail").glob("*/*/Maildir")):
        account = f"{place.parent.name}@{place.parent.parent.name}"
        for folder, file in _files(place):
            raw = file.read_bytes()
            text = _LINE_END.sub(b"\n", raw)
            message_id = next((one for one in message_ids_of(text) if one in known), None)
            if message_id is None:
                continue
            content = hashlib.sha256(_LINE_END.sub(b"\r\n", raw)).hexdigest()
            name, _, flags = file.name.partition(":2,")
            date = int(file.stat().st_mtime)
            found.append(Stored(account, folder, message_id, content, date, flags, name))
    return found


def must_agree(truth: Truth, stored: list[Stored]) -> None:
    """Hold the truth against what is stored; raise `NotAsMeant` where they differ."""
    true = Counter(truth.lying())
    there = Counter((one.account, one.folder, one.message_id) for one in stored)
    wrong = sorted(key for key in {*true, *there} if true[key] != there[key])
    if wrong:
        told = "; ".join(
            f"{truth.names.get(name, '?')} in {account}, {folder}: {there[account, folder, name]}"
            f" stored, {true[account, folder, name]} meant"
            for account, folder, name in wrong[:_SHOWN]
        )
        raise NotAsMeant(
            f"{len(wrong)} copies are not where the drill put them, so it cannot judge: {told}."
            " The lab is as it was; run the drill again in a new folder"
        )


def _files(maildir: Path) -> Iterator[tuple[str, Path]]:
    """Give folder and file of each message (Maildir++: folders as .Folder.Sub)."""
    folders = [("INBOX", maildir)]
    folders += [(one.name[1:].replace(".", "/"), one) for one in sorted(maildir.glob(".?*"))]
    for name, folder in folders:
        for part in ("new", "cur"):
            if (folder / part).is_dir():
                yield from ((name, one) for one in sorted((folder / part).iterdir()))
