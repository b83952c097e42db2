"""What lies in a lab's mailboxes, read with code of its own: the drill judges Postwarden by it.

Maildirs are read as files. Another format is shown by doveadm on the command line, which gives raw bytes and,
without the service for statistics, leaves nothing in the logs that are evidence.
"""

import hashlib
import re
import subprocess
from collections import Counter
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

from postwarden.drills.lab.service import Store
from postwarden.drills.misdelivery.errors import NotAsMeant
from postwarden.drills.misdelivery.stock import message_ids_of
from postwarden.drills.misdelivery.truth import Truth

_LINE_END = re.compile(rb"\r?\n")
_SHOWN = 5
_SECONDS = 300
_FIELDS = "user mailbox uid flags date.received.unixtime size.virtual text"
_HEAD = re.compile(
    rb"user: (.*)\nmailbox: (.*)\nuid: (\d+)\nflags: (.*)\ndate\.received\.unixtime: (\d+)\n"
    rb"size\.virtual: (\d+)\ntext:\n"
)


class Stored(NamedTuple):
    """One stored copy.

    Attributes:
        account: the holder.
        folder: IMAP name.
        message_id: the message's own.
        content: SHA-256 of its bytes with every line ended by CR LF.
        date: when it arrived, in whole seconds since 1970, UTC (INTERNALDATE).
        flags: letters of the file's name, or words; an unread copy without any flag has none.
        file: its name up to the flags; "uid=N" where it is no file.
    """

    account: str
    folder: str
    message_id: str
    content: str
    date: int
    flags: str
    file: str


class Raw(NamedTuple):
    """A stored message, as `Stored`, with its bytes."""

    account: str
    folder: str
    raw: bytes
    date: int
    flags: str
    file: str


def read(root: Path, store: Store, known: Container[str]) -> list[Stored]:
    """Read every copy of known Message-IDs below a lab's folder.

    Args:
        root: the lab's folder; its Dovecot runs where it has no Maildirs.
        store: how it stores mail.
        known: Message-IDs; copies of others are left out.
    """
    found = []
    for one in _files(root) if store is Store.MAILDIR else _shown(root):
        text = _LINE_END.sub(b"\n", one.raw)
        message_id = next((name for name in message_ids_of(text) if name in known), None)
        if message_id is None:
            continue
        content = hashlib.sha256(_LINE_END.sub(b"\r\n", one.raw)).hexdigest()
        place = (one.account, one.folder)
        found.append(Stored(*place, message_id, content, one.date, one.flags, one.file))
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


def _files(root: Path) -> Iterator[Raw]:
    for place in sorted((root / "vmail").glob("*/*/Maildir")):
        account = f"{place.parent.name}@{place.parent.parent.name}"
        for folder, file in _in_folders(place):
            name, _, flags = file.name.partition(":2,")
            date = int(file.stat().st_mtime)
            yield Raw(account, folder, file.read_bytes(), date, flags, name)


def _in_folders(maildir: Path) -> Iterator[tuple[str, Path]]:
    """Give folder and file of each message (Maildir++: folders as .Folder.Sub)."""
    folders = [("INBOX", maildir)]
    folders += [(one.name[1:].replace(".", "/"), one) for one in sorted(maildir.glob(".?*"))]
    for name, folder in folders:
        for part in ("new", "cur"):
            if (folder / part).is_dir():
                yield from ((name, one) for one in sorted((folder / part).iterdir()))


def _shown(root: Path) -> Iterator[Raw]:
    words = ["-o", "stats_writer_socket_path=", "-c", str(root / "dovecot" / "dovecot.conf")]
    done = subprocess.run(  # noqa: S603  # no shell
        ["/usr/bin/doveadm", *words, "-f", "pager", "fetch", "-A", _FIELDS, "all"],
        capture_output=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode:
        raise NotAsMeant(
            f"doveadm does not show what is stored: {done.stderr.decode('utf-8', 'replace')}"
        )
    yield from parted(done.stdout)


def parted(printed: bytes) -> Iterator[Raw]:
    """Part what doveadm prints: a body ends by its size, for it may hold whatever stands between two."""
    at = 0
    while (head := _HEAD.search(printed, at)) is not None:
        account, folder, uid, flags, date, size = (one.decode() for one in head.groups())
        start = at = head.end()
        counted = 0  # with CR LF, as the size is
        while counted < int(size):
            end = printed.find(b"\n", at)
            whole = end >= 0 and counted + end - at + 2 <= int(size)
            step = end + 1 - at if whole else int(size) - counted
            counted += step + whole
            at += step
        shown = " ".join(one for one in flags.split() if one != "\\Recent")
        yield Raw(account, folder, printed[start:at], int(date), shown, f"uid={uid}")
