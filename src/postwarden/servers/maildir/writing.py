"""Files of messages: written where nobody looks, and moved into the mailbox by one rename."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from postwarden.durable.service import side_by_side
from postwarden.servers.maildir.tree import Tree, enter, remove_all

_PARTS = ("tmp", "new", "cur")
_NEW = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY | os.O_CLOEXEC


class Owner(NamedTuple):
    """Whom files of a mailbox belong to, and who may read them."""

    uid: int
    gid: int
    mode: int

    @classmethod
    def of(cls, tree: Tree, mailbox: str) -> "Owner":
        """Give it as the mailbox itself has it."""
        with tree.inside(mailbox) as folder:
            status = os.fstat(folder)
        return cls(status.st_uid, status.st_gid, status.st_mode & 0o777)


class Message(NamedTuple):
    """A file to write."""

    name: str
    content: bytes
    modified: int  # microseconds since the epoch: IMAP's INTERNALDATE


def make_folder(tree: Tree, path: str, owner: Owner) -> None:
    """Make a folder that may be there already."""
    with suppress(FileExistsError):
        with tree.holding(path) as (folder, name):
            os.close(_made(name, folder, owner))
        tree.sync(os.path.dirname(path))


def make_mailbox(tree: Tree, path: str, owner: Owner, aside: str) -> None:
    """Make a Maildir++ folder that may be there already (its parts, and the file that marks it).

    Args:
        tree: of the store.
        path: of the folder.
        owner: whose it is.
        aside: where it is made, out of sight; it comes into the mailbox by one rename, and is its
            owner's by then.
    """
    lacking = [part for part in _PARTS if not tree.is_folder(f"{path}/{part}")]
    if not lacking:
        return
    with tree.holding(aside) as (staging, name):
        remove_all(name, staging)
        made = _made(name, staging, owner)
        try:
            for part in lacking:
                os.close(_made(part, made, owner))
            if tree.is_folder(path):
                _move_parts(tree, lacking, made, path)
                os.rmdir(name, dir_fd=staging)
            else:
                _mark(made, owner)
                tree.rename(aside, path)
        finally:
            os.close(made)
    for folder in (path, os.path.dirname(path)):
        tree.sync(folder)


def _move_parts(tree: Tree, parts: Sequence[str], made: int, path: str) -> None:
    with tree.inside(path) as there:
        for part in parts:
            os.rename(part, part, src_dir_fd=made, dst_dir_fd=there)


def _made(name: str, folder: int, owner: Owner) -> int:
    """Make a folder in a folder, and give the descriptor of what has its name then."""
    os.mkdir(name, owner.mode, dir_fd=folder)
    descriptor = enter(name, folder)
    try:
        _give(descriptor, owner)
    except BaseException:  # whatever ended it, the descriptor is not left open
        os.close(descriptor)
        raise
    return descriptor


def _mark(folder: int, owner: Owner) -> None:
    descriptor = os.open("maildirfolder", _NEW, owner.mode & 0o666, dir_fd=folder)
    try:
        _give(descriptor, owner)
    finally:
        os.close(descriptor)


def write(tree: Tree, path: str, messages: Sequence[Message], owner: Owner) -> None:
    """Write files; once this returns they are whole, also after a power cut. Older ones are replaced."""
    descriptors: list[int] = []
    with tree.listed(path) as folder:
        try:
            for one in messages:  # one by one: those before a failure are closed, too
                descriptors.append(_begun(folder, one, owner))  # noqa: PERF401  # see above
            side_by_side(os.fsync, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        os.fsync(folder)


def _begun(folder: int, message: Message, owner: Owner) -> int:
    with suppress(FileNotFoundError):
        os.unlink(message.name, dir_fd=folder)
    descriptor = os.open(message.name, _NEW, owner.mode & 0o666, dir_fd=folder)
    try:
        rest = memoryview(message.content)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        _give(descriptor, owner)
        times = (message.modified * 1_000, message.modified * 1_000)
        os.utime(descriptor, ns=times)
    except BaseException:  # likewise
        os.close(descriptor)
        raise
    return descriptor


def move(tree: Tree, moves: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Rename files that are there still; once this returns the names stay, also after a power cut.

    Files whose folder is none, or a symlink, stay where they are.

    Returns:
        The files that were renamed.
    """
    folders: dict[str, None] = {}
    moved = set[str]()
    for source, target in moves:
        with suppress(FileNotFoundError, NotADirectoryError):
            tree.rename(source, target)
            moved.add(source)
            folders |= dict.fromkeys((os.path.dirname(target), os.path.dirname(source)))
    side_by_side(tree.sync, folders)
    return frozenset(moved)


def _give(descriptor: int, owner: Owner) -> None:
    if (owner.uid, owner.gid) != (os.geteuid(), os.getegid()):
        os.fchown(descriptor, owner.uid, owner.gid)
