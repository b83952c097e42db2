"""Files of messages: written where nobody looks, and moved into the mailbox by one rename."""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from postwarden.durable.service import side_by_side, sync_folder
from postwarden.servers.maildir.places import is_folder

_PARTS = ("tmp", "new", "cur")


class Owner(NamedTuple):
    """Whom files of a mailbox belong to, and who may read them."""

    uid: int
    gid: int
    mode: int

    @classmethod
    def of(cls, mailbox: str) -> "Owner":
        """Give it as the mailbox itself has it."""
        status = os.stat(mailbox)
        return cls(status.st_uid, status.st_gid, status.st_mode & 0o777)


class Message(NamedTuple):
    """A file to write."""

    name: str
    content: bytes
    modified: int  # microseconds since the epoch: IMAP's INTERNALDATE


def make_folder(path: str, owner: Owner) -> None:
    """Make a folder that may be there already."""
    if is_folder(path):
        return
    with suppress(FileExistsError):
        os.mkdir(path, owner.mode)
        _give(path, owner)
    sync_folder(os.path.dirname(path))


def make_mailbox(path: str, owner: Owner, aside: str) -> None:
    """Make a Maildir++ folder that may be there already (its parts, and the file that marks it).

    Args:
        path: of the folder.
        owner: whose it is.
        aside: where it is made, out of sight; it comes into the mailbox by one rename, and is its
            owner's by then.
    """
    lacking = [part for part in _PARTS if not is_folder(f"{path}/{part}")]
    if not lacking:
        return
    remove_all(aside)
    os.mkdir(aside, owner.mode)
    for part in lacking:
        os.mkdir(f"{aside}/{part}", owner.mode)
        _give(f"{aside}/{part}", owner)
    if is_folder(path):
        for part in lacking:
            os.rename(f"{aside}/{part}", f"{path}/{part}")
        os.rmdir(aside)
    else:
        _mark(f"{aside}/maildirfolder", owner)
        _give(aside, owner)
        os.rename(aside, path)
    for folder in (path, os.path.dirname(path)):
        sync_folder(folder)


def _mark(path: str, owner: Owner) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, owner.mode & 0o666)
    os.close(descriptor)
    _give(path, owner)


def remove_all(path: str) -> None:
    """Remove a file, or a folder with all that is in it, where it is there."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
    except IsADirectoryError:
        shutil.rmtree(path)


def write(folder: str, messages: Sequence[Message], owner: Owner) -> None:
    """Write files; once this returns they are whole, also after a power cut. Older ones are replaced."""
    descriptors: list[int] = []
    try:
        for one in messages:  # one by one: those before a failure are closed, too
            descriptors.append(_begun(f"{folder}/{one.name}", one, owner))  # noqa: PERF401  # see above
        side_by_side(os.fsync, descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    sync_folder(folder)


def _begun(path: str, message: Message, owner: Owner) -> int:
    with suppress(FileNotFoundError):
        os.unlink(path)
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    descriptor = os.open(path, flags, owner.mode & 0o666)
    try:
        rest = memoryview(message.content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        if (owner.uid, owner.gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, owner.uid, owner.gid)
        times = (message.modified * 1_000, message.modified * 1_000)
        os.utime(descriptor, ns=times)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def move(moves: Iterable[tuple[str, str]]) -> None:
    """Rename files that are there still; once this returns the names stay, also after a power cut."""
    folders: dict[str, None] = {}
    for source, target in moves:
        with suppress(FileNotFoundError):
            os.rename(source, target)
            folders |= dict.fromkeys((os.path.dirname(target), os.path.dirname(source)))
    side_by_side(sync_folder, folders)


def _give(path: str, owner: Owner) -> None:
    if (owner.uid, owner.gid) != (os.geteuid(), os.getegid()):
        os.chown(path, owner.uid, owner.gid)
