"""Maildirs as Dovecot 2.3 keeps them: file names, hard links, dovecot-uidlist.

Copies live in memory until the world has played; `save` then writes what is left of them.
"""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from postwarden.drills.simulated.clock import SECOND
from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.logs import Line
from postwarden.drills.simulated.records import Arrival

INBOX = "INBOX"


@dataclass(eq=False)
class Copy:
    """One stored message instance and where it really came from.

    Attributes:
        home: the account in whose home the file lies.
        folder: IMAP name with "/" between levels.
        name: Maildir file name without flags.
        content: what is stored.
        inode: copies with the same one are hard links of each other.
        put_by: "lmtp", "holder", "operator" (by a master user) or "files" (below the servers).
        arrival: the LMTP delivery of this very file, or of the file it was copied from as a file.
        source: the copy whose content it is, when it was made from one.
        put_lines: the log lines of an append or copy, and of a master user's login.
        done: what really happened to it: (what, the lines that say so).
    """

    home: str
    folder: str
    name: str
    content: bytes
    letter: Letter
    put_by: str
    uid: int
    internal_date: int
    inode: int
    flags: set[str] = field(default_factory=set)
    arrival: Arrival | None = None
    source: "Copy | None" = None
    put_lines: list[Line] = field(default_factory=list)
    done: list[tuple[str, list[Line]]] = field(default_factory=list)
    seen_by_server: bool = False
    gone: bool = False

    @property
    def path(self) -> str:
        """Path below the Maildir, without flags."""
        prefix = "" if self.folder == INBOX else f".{encoded(self.folder)}/"
        return f"{prefix}{'cur' if self.seen_by_server or self.flags else 'new'}/{self.name}"

    @property
    def file(self) -> str:
        """Path as it is on disk."""
        if not (self.seen_by_server or self.flags):
            return self.path
        return f"{self.path}:2,{''.join(sorted(self.flags))}"


class Store:
    """All copies of all homes."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.copies: list[Copy] = []
        self._uids: dict[tuple[str, str], int] = {}
        self._inodes = 0
        self._names: set[tuple[str, str, str]] = set()

    def new_inode(self) -> int:
        """Give the inode of a file written anew."""
        self._inodes += 1
        return self._inodes

    def taken(self, home: str, folder: str, name: str) -> bool:
        """Whether a folder had a file of this name, so that Dovecot makes up another."""
        return (home, folder, name) in self._names

    def file_name(self, at: int, pid: int, content: bytes) -> str:
        """Make a Maildir file name of Dovecot for a file saved by a process."""
        second, usec = divmod(at, SECOND)
        width = len(content) + content.count(b"\n")
        host = self._host.partition(".")[0]
        return f"{second}.M{usec:06d}P{pid}.{host},S={len(content)},W={width}"

    def next_uid(self, home: str, folder: str) -> int:
        """Give the next UID of a folder."""
        uid = self._uids.get((home, folder), 0) + 1
        self._uids[home, folder] = uid
        return uid

    def add(self, copy: Copy) -> Copy:
        """Store a copy."""
        self._names.add((copy.home, copy.folder, copy.name))
        self.copies.append(copy)
        return copy

    def of(self, home: str, folder: str | None = None) -> list[Copy]:
        """Give what is stored in a home, or one of its folders, now."""
        return [
            copy
            for copy in self.copies
            if copy.home == home and not copy.gone and folder in (None, copy.folder)
        ]

    def rename(self, old: str, new: str) -> None:
        """Move a home: the account it belongs to has another name now."""
        for copy in self.copies:
            if copy.home == old:
                copy.home = new
                for handover in copy.arrival.handovers if copy.arrival else []:
                    handover.intended = (handover.intended - {old}) | {new}
        for (home, folder), uid in list(self._uids.items()):
            if home == old:
                self._uids[new, folder] = uid

    def restore(self, source: str, target: str) -> None:
        """Copy all files of a home into another one, below all servers."""
        there = {(copy.folder, copy.name) for copy in self.copies if copy.home == target}
        for copy in self.of(source):
            if (copy.folder, copy.name) not in there:
                uid, inode = self.next_uid(target, copy.folder), self.new_inode()
                again = replace(copy, home=target, put_by="files", uid=uid, inode=inode)
                again.flags, again.source, again.put_lines, again.done = (
                    set(copy.flags),
                    copy,
                    [],
                    [],
                )
                self.add(again)

    def undelete(self, home: str) -> None:
        """Bring the removed files of a home back from a backup, below all servers."""
        for copy in self.copies:
            if copy.home == home and copy.gone:
                copy.gone = False
                copy.inode = self.new_inode()
                copy.uid = self.next_uid(home, copy.folder)

    def save(self, root: Path, accounts: tuple[str, ...]) -> None:
        """Write every home below `root`/DOMAIN/LOCAL/Maildir."""
        folders: dict[tuple[str, str], list[Copy]] = {(account, INBOX): [] for account in accounts}
        for copy in self.copies:
            folders.setdefault((copy.home, copy.folder), [])
            if not copy.gone:
                folders[copy.home, copy.folder].append(copy)
        written: dict[int, str] = {}
        for (account, folder), copies in folders.items():
            self._save_folder(root, account, folder, copies, written)

    def _save_folder(
        self,
        root: Path,
        account: str,
        folder: str,
        copies: list[Copy],
        written: dict[int, str],
    ) -> None:
        maildir = home_of(root, account)
        path = maildir if folder == INBOX else maildir / f".{encoded(folder)}"
        for part in ("cur", "new", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        (path / "maildirfolder").touch()
        for copy in copies:
            _link_or_write(maildir / copy.file, copy, written)
        validity = 1_795_000_000 + len(folder)
        if any("a" in copy.flags for copy in copies):
            (path / "dovecot-keywords").write_text("0 $Forwarded\n")
        lines = [f"3 V{validity} N{self._uids.get((account, folder), 0) + 1} G{validity:032x}"]
        lines += [f"{copy.uid} :{copy.name}" for copy in sorted(copies, key=lambda x: x.uid)]
        (path / "dovecot-uidlist").write_text("\n".join(lines) + "\n")


def home_of(root: Path, account: str) -> Path:
    """Give the Maildir of an account below the mail root."""
    local, _, domain = account.rpartition("@")
    return root / domain / local / "Maildir"


def encoded(folder: str) -> str:
    """Give the directory of a folder: modified UTF-7 (RFC 3501 section 5.1.3), dots for levels."""
    return "".join(_encoded_run(run) for run in _runs(folder.replace("/", ".")))


def _runs(text: str) -> list[str]:
    runs: list[str] = []
    for char in text:
        if runs and char.isascii() == runs[-1].isascii():
            runs[-1] += char
        else:
            runs.append(char)
    return runs


def _encoded_run(run: str) -> str:
    if run.isascii():
        return run.replace("&", "&-")
    return "&" + run.encode("utf-7").decode()[1:].rstrip("-").replace("/", ",") + "-"


def _link_or_write(path: Path, copy: Copy, written: dict[int, str]) -> None:
    if copy.inode in written:
        os.link(written[copy.inode], path)
        return
    path.write_bytes(copy.content)
    os.utime(path, ns=(copy.internal_date * 1000, copy.internal_date * 1000))
    written[copy.inode] = str(path)
