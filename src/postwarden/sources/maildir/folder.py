"""The messages of one Maildir folder."""

import errno
import os
import stat
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from postwarden.sources.headers.facts import HeaderFacts
from postwarden.sources.headers.fields import Fields
from postwarden.sources.headers.trace import NO_TRACE
from postwarden.sources.maildir.files import Opener
from postwarden.sources.maildir.message import Message, read_message
from postwarden.sources.maildir.names import FileName, file_name, printable
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


class _Place(NamedTuple):
    part: str
    name: str


def stamp_of(folder: int) -> Stamp | None:
    """Give the times of an opened folder's cur and new; None where neither is a directory."""
    times = []
    for part in ("cur", "new"):
        try:
            status = os.stat(part, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            times.append(0)
            continue
        times.append(status.st_mtime_ns if stat.S_ISDIR(status.st_mode) else 0)
    return (times[0], times[1]) if any(times) else None


def scan_folder(
    folder: Folder, descriptor: int, opener: Opener, known: Set[str], found: Findings
) -> None:
    """Read the messages of an opened folder that are not known, into `found`.

    Raises:
        OSError: the folder cannot be listed.
    """
    reading = _Reading(folder, descriptor, opener, found)
    for base, place in reading.list_messages():
        reading.take(base, place, known)
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
        self._again: dict[str, _Place] | None = None
        self.encrypted = 0
        self._prefix = printable(f"{folder.directory}/" if folder.directory else "")
        self._listed = self._uids()
        self._keywords = read_keywords(self._text("dovecot-keywords", 65_536))
        self._flags: dict[str, tuple[str, str]] = {}

    def problem(self, code: str, detail: str, name: str = "") -> ProblemRecord:
        subject = printable(f"{self._folder.path}/{name}" if name else self._folder.path)
        return ProblemRecord("maildir", code, subject, detail, subject, None)

    def list_messages(self) -> Iterator[tuple[str, _Place]]:
        """List new before cur, so that a message moved meanwhile is seen in one of them."""
        yield from sorted(self._list().items())

    def take(self, base: str, place: _Place, known: Set[str]) -> None:
        named = file_name(place.name)
        if base in known:
            self._found.seen.append(self._seen(named, place))
            return
        try:
            self._read(named, place)
        except FileNotFoundError:
            self._read_moved(base, named, place)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENXIO):
                self._skipped(named, place, error.strerror or str(error))

    def _list(self) -> dict[str, _Place]:
        found: dict[str, _Place] = {}
        for part in ("new", "cur"):
            try:
                with self._opener.inside(part, self._descriptor) as directory:
                    for name in os.listdir(directory):
                        if not name.startswith("."):
                            found[name.partition(":2,")[0]] = _Place(part, name)
            except FileNotFoundError:
                continue
        return found

    def _read_moved(self, base: str, named: FileName, place: _Place) -> None:
        """Look once again for a message whose flags changed or that was moved from new to cur."""
        if self._again is None:
            self._again = self._list()
        now = self._again.get(base)
        try:
            if now is not None:
                self._read(file_name(now.name), now)
                return
        except FileNotFoundError:
            pass  # moved twice within one scan: named below
        self._found.problems.append(
            self.problem("vanished", "was there when listed", f"{place.part}/{named.base}")
        )
        message = Message(None, 0, None, "vanished", None)
        self._found.copies.append(self._copy(named, place, message, None))

    def _read(self, named: FileName, place: _Place) -> None:
        descriptor = self._opener.file(f"{place.part}/{place.name}", self._descriptor)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return
            message = read_message(
                descriptor,
                status.st_size,
                named.size,
                self._folder.hosts,
                hashing=self._folder.content_hash,
            )
        finally:
            os.close(descriptor)
        if message.state == "encrypted":
            self.encrypted += 1
        elif message.state != "read":
            self._found.problems.append(
                self.problem(message.state, message.problem or "", f"{place.part}/{named.base}")
            )
        copy = self._copy(named, place, message, status.st_mtime_ns // 1000)
        self._found.copies.append(copy)

    def _skipped(self, named: FileName, place: _Place, detail: str) -> None:
        self._found.problems.append(
            self.problem("unreadable", detail, f"{place.part}/{named.base}")
        )
        message = Message(None, named.size or 0, None, "unreadable", detail)
        self._found.copies.append(self._copy(named, place, message, None))

    def _seen(self, named: FileName, place: _Place) -> Seen:
        flags, keywords = self._flags_of(named.letters)
        listed = self._listed.get(named.base)
        return Seen(
            named.base, self._file(named, place), flags, keywords, listed.uid if listed else None
        )

    def _file(self, named: FileName, place: _Place) -> str:
        return f"{self._prefix}{place.part}/{printable(named.base)}"

    def _copy(
        self, named: FileName, place: _Place, message: Message, date: int | None
    ) -> CopyRecord:
        folder = self._folder
        facts = message.facts or _NO_FACTS
        trace = facts.trace
        listed = self._listed.get(named.base)
        flags, keywords = self._flags_of(named.letters)
        return CopyRecord._make(
            (
                folder.store,
                folder.account,
                folder.name,
                self._file(named, place),
                printable(listed.guid if listed and listed.guid else named.base),
                listed.uid if listed else None,
                message.size,
                date,
                flags,
                keywords,
                *facts.fields,
                *trace,
                facts.header_size,
                facts.header_hash,
                message.hashes.simple if message.hashes else None,
                message.hashes.relaxed if message.hashes else None,
                message.hashes.size if message.hashes else None,
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
