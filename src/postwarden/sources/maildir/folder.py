"""The messages of one Maildir folder."""

import errno
import os
import stat
from collections.abc import Iterator, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from postwarden.sources.headers.facts import HeaderFacts
from postwarden.sources.headers.fields import Fields
from postwarden.sources.headers.trace import NO_TRACE
from postwarden.sources.maildir.files import Opener
from postwarden.sources.maildir.message import Message, read_message
from postwarden.sources.maildir.names import CUT, printable, stated_size
from postwarden.sources.maildir.uidlist import (
    MAX_BYTES,
    Listed,
    flags_and_keywords,
    read_keywords,
    read_uidlist,
)
from postwarden.sources.records import CopyRecord, ProblemRecord

Stamp = tuple[int, int]
"""Modification times of cur and new, in nanoseconds."""

_NO_FACTS = HeaderFacts(Fields(*[None] * 8), NO_TRACE, 0, "", "", "")


@dataclass(frozen=True, slots=True)
class Folder:
    """Where one folder is and how its messages are read."""

    store: str
    account: str
    name: str
    directory: str
    path: str
    hosts: frozenset[str]
    content_hash: bool


class Seen(NamedTuple):
    """A known message that is still there, and what a changed name or list says of it now."""

    base: str
    file: str
    flags: str
    keywords: str
    uid: int | None


class Findings(Protocol):
    """Takes what is found (see `mailbox.FolderScan`)."""

    copies: list[CopyRecord]
    seen: list[Seen]
    problems: list[ProblemRecord]


def stamp_of(folder: int) -> Stamp | None:
    """Give the times of an opened folder's cur and new, 0 for one that is not there; None for both."""
    times = []
    for part in ("cur", "new"):
        try:
            times.append(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mtime_ns)
        except FileNotFoundError:
            times.append(0)
    return (times[0], times[1]) if any(times) else None


def scan_folder(
    folder: Folder, descriptor: int, opener: Opener, known: Set[str], found: Findings
) -> None:
    """Read the messages of an opened folder that are not known, into `found`.

    Raises:
        OSError: the folder cannot be listed.
    """
    reading = _Reading(folder, descriptor, opener, found)
    for base, path in reading.list_messages():
        if base in known:
            found.seen.append(reading.seen(base, path))
        else:
            reading.read(base, path)
    if reading.encrypted:
        found.problems.append(
            reading.problem("encrypted", f"{reading.encrypted} messages are encrypted (mail_crypt)")
        )


class _Reading:
    def __init__(self, folder: Folder, descriptor: int, opener: Opener, found: Findings) -> None:
        self._folder = folder
        self._descriptor = descriptor
        self._opener = opener
        self._found = found
        self._again: dict[str, str] | None = None
        self.encrypted = 0
        self._prefix = printable(f"{folder.directory}/" if folder.directory else "")
        self._listed = self._uids()
        self._keywords = read_keywords(self._text("dovecot-keywords", 65_536))
        self._flags: dict[str, tuple[str, str]] = {}

    def problem(self, code: str, detail: str, name: str = "") -> ProblemRecord:
        subject = printable(f"{self._folder.path}/{name}" if name else self._folder.path)
        return ProblemRecord("maildir", code, subject, detail, subject, None)

    def list_messages(self) -> Iterator[tuple[str, str]]:
        """Give base names, in order, and paths below the folder."""
        yield from sorted(self._list().items())

    def _list(self) -> dict[str, str]:
        """List new before cur, so that a message moved meanwhile is seen in one of them."""
        found: dict[str, str] = {}
        for part in ("new", "cur"):
            try:
                with self._opener.inside(part, self._descriptor) as opened:
                    names = os.listdir(opened)
            except FileNotFoundError:
                continue
            except NotADirectoryError:
                self._found.problems.append(self.problem("unreadable", "is not a folder", part))
                continue
            found |= {name.partition(CUT)[0]: f"{part}/{name}" for name in names if name[0] != "."}
        return found

    def seen(self, base: str, path: str) -> Seen:
        """Give what is said now of a known message."""
        file, _, letters = path.partition(CUT)
        listed = self._listed.get(base)
        return Seen(
            base, self._file(file), *self._flags_of(letters), listed.uid if listed else None
        )

    def read(self, base: str, path: str) -> None:
        """Add a message's copy, or what is wrong with it, to what was found."""
        try:
            self._read(base, path)
        except FileNotFoundError:
            self._read_moved(base, path)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO):
                self._add_unread(base, path, "unreadable", error.strerror or str(error))

    def _read(self, base: str, path: str) -> None:
        folder = self._folder
        descriptor = self._opener.file(path, self._descriptor)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return
            message = read_message(
                descriptor, status.st_size, base, folder.hosts, hashing=folder.content_hash
            )
        finally:
            os.close(descriptor)
        if message.state == "encrypted":
            self.encrypted += 1
        elif message.state != "read":
            self._found.problems.append(self._unread(path, message.state, message.problem or ""))
        self._found.copies.append(self._copy(base, path, message, status.st_mtime_ns // 1000))

    def _read_moved(self, base: str, path: str) -> None:
        """Look once again for a message whose flags changed or that was moved from new to cur."""
        if self._again is None:
            self._again = self._list()
        now = self._again.get(base)
        if now is not None:
            with suppress(FileNotFoundError):  # moved twice within one scan: named below
                return self._read(base, now)
        return self._add_unread(base, path, "vanished", "was there when listed")

    def _add_unread(self, base: str, path: str, state: str, detail: str) -> None:
        size = stated_size(base) or 0 if state == "unreadable" else 0
        self._found.problems.append(self._unread(path, state, detail))
        self._found.copies.append(
            self._copy(base, path, Message(None, size, None, state, detail), None)
        )

    def _unread(self, path: str, state: str, detail: str) -> ProblemRecord:
        return self.problem(state, detail, path.partition(CUT)[0])

    def _file(self, path: str) -> str:
        return self._prefix + printable(path)

    def _copy(self, base: str, path: str, message: Message, date: int | None) -> CopyRecord:
        folder = self._folder
        file, _, letters = path.partition(CUT)
        listed = self._listed.get(base)
        facts = message.facts or _NO_FACTS
        return CopyRecord._make(
            (
                folder.store,
                folder.account,
                folder.name,
                self._file(file),
                printable(listed.guid if listed and listed.guid else base),
                listed.uid if listed else None,
                message.size,
                date,
                *self._flags_of(letters),
                *facts.fields,
                *facts.trace,
                facts.header_size,
                facts.header_hash,
                *(message.hashes or (None, None, None)),
                facts.declared_hashes,
                message.state,
            )
        )

    def _flags_of(self, letters: str) -> tuple[str, str]:
        known = self._flags.get(letters)
        if known is None:
            known = self._flags[letters] = flags_and_keywords(letters, self._keywords)
        return known

    def _uids(self) -> dict[str, Listed]:
        return read_uidlist(self._text("dovecot-uidlist", MAX_BYTES))

    def _text(self, name: str, most: int) -> str:
        try:
            return self._opener.text(name, self._descriptor, most) or ""
        except OSError as error:
            self._found.problems.append(self.problem("unreadable", str(error.strerror), name))
            return ""
