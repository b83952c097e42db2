"""One mailbox: its folders and their messages, also against an earlier scan."""

import errno
import os
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from postwarden.sources.maildir.files import Opener
from postwarden.sources.maildir.folder import Folder, Seen, Stamp, scan_folder, stamp_of
from postwarden.sources.maildir.names import folder_name, printable
from postwarden.sources.maildir.template import Mailbox
from postwarden.sources.records import CopyRecord, ProblemRecord
from postwarden.vocabulary import Provider


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What is asked of each message.

    Attributes:
        content_hash: read bodies and keep their hashes.
    """

    content_hash: bool = False


class KnownFolder(NamedTuple):
    """What an earlier scan has of one folder: times of cur and new, and base names of messages.

    `stamp` is None when the folder may have changed unseen since it was listed.
    """

    stamp: Stamp | None
    names: Set[str]


Known = Mapping[str, KnownFolder]
"""Folders of an earlier scan by directory ("" is INBOX's)."""

NOTHING_KNOWN: Known = {}


@dataclass(slots=True)
class FolderScan:
    """What was found in one folder.

    Attributes:
        directory: its directory below the mailbox, "" for INBOX.
        stamp: times of cur and new before they were listed.
        unchanged: nothing was listed, as the stamp is the known one.
        copies: messages that were read.
        seen: known messages that are still there.
    """

    directory: str
    stamp: Stamp
    unchanged: bool = False
    copies: list[CopyRecord] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    problems: list[ProblemRecord] = field(default_factory=list)


def read_mailbox(
    mailbox: Mailbox, provider: Provider, options: ReadOptions, known: Known = NOTHING_KNOWN
) -> Iterator[CopyRecord | ProblemRecord]:
    """Give each message that is not known yet, and what could not be read; raises nothing."""
    for scan in scan_mailbox(mailbox, provider, options, known):
        yield from scan.copies
        yield from scan.problems


def scan_mailbox(
    mailbox: Mailbox, provider: Provider, options: ReadOptions, known: Known = NOTHING_KNOWN
) -> Iterator[FolderScan]:
    """Give each folder's scan, INBOX first; raises nothing."""
    opener = Opener()
    last = FolderScan("", (0, 0))
    try:
        with opener.inside(mailbox.path) as root:
            for directory in _directories(root, last):
                scan = _scan_directory(mailbox, directory, root, opener, provider, options, known)
                if scan is not None:
                    yield scan
    except OSError as error:
        last.problems.append(_problem("unreadable-folder", mailbox.path, error))
    if opener.refused:
        last.problems.append(
            ProblemRecord(
                "maildir",
                "access-time",
                printable(mailbox.path),
                f"{opener.refused} files and folders belong to another user, so reading them may "
                "have set access times; run as their owner or root",
                printable(mailbox.path),
                None,
            )
        )
    if last.problems:
        yield last


def _scan_directory(
    mailbox: Mailbox,
    directory: str,
    root: int,
    opener: Opener,
    provider: Provider,
    options: ReadOptions,
    known: Known,
) -> FolderScan | None:
    path = f"{mailbox.path}/{directory}" if directory else mailbox.path
    before = known.get(directory)
    try:
        with opener.inside(directory or ".", root) as descriptor:
            stamp = stamp_of(descriptor)
            if stamp is None:
                return None
            scan = FolderScan(directory, stamp)
            if before is not None and before.stamp == stamp:
                scan.unchanged = True
                return scan
            folder = Folder(
                store=mailbox.store,
                account=mailbox.account,
                name=folder_name(directory, provider.separator),
                directory=directory,
                path=path,
                hosts=provider.hosts,
                content_hash=options.content_hash,
            )
            names = before.names if before is not None else frozenset[str]()
            scan_folder(folder, descriptor, opener, names, scan)
            return scan
    except OSError as error:
        if error.errno == errno.ENOENT:
            return None
        return FolderScan(directory, (0, 0), problems=[_problem("unreadable-folder", path, error)])


def _directories(root: int, last: FolderScan) -> list[str]:
    """List the Maildir++ folders of a mailbox, INBOX ("") first."""
    found = []
    with os.scandir(root) as entries:
        for entry in entries:
            name = entry.name
            if not name.startswith(".") or name == "..":
                continue
            if entry.is_dir(follow_symlinks=False):
                found.append(name)
            elif entry.is_symlink():
                last.problems.append(
                    ProblemRecord(
                        "maildir",
                        "symlink",
                        printable(name),
                        "a folder that is a symlink was not followed",
                        printable(name),
                        None,
                    )
                )
    return ["", *sorted(found)]


def _problem(code: str, path: str, error: OSError) -> ProblemRecord:
    shown = printable(path)
    return ProblemRecord("maildir", code, shown, error.strerror or str(error), shown, None)
