"""Where accounts, folders and messages lie in a store of Maildirs."""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

from postwarden.relocation.service import PermanentRouteError, TemporaryRouteError
from postwarden.servers.maildir.tree import Tree
from postwarden.sources.service import (
    Mailbox,
    StoreSettings,
    directory_name,
    folder_name,
    mailboxes,
)
from postwarden.vocabulary import normal

CUT = ":2,"
_PARTS = ("new", "cur")
STAGING = "postwarden"
_UNFIT = re.compile(r"[/\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LONGEST = 255  # bytes of a name, in the file systems that mail lies on


@dataclass(slots=True)
class Places:
    """The mail directories of a store, by account."""

    store: StoreSettings
    separator: str
    tree: Tree = field(init=False)
    _known: dict[str, str] = field(default_factory=dict)
    _all_read: bool = False
    _reading: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """Find the beginning of the store's path that is the same for all accounts."""
        fixed = (self.store.path or "").partition("{")[0].rpartition("/")[0]
        self.tree = Tree(fixed.rstrip("/") or "/")

    def mailbox(self, account: str) -> str | None:
        """Give an account's mail directory; None where it has none."""
        name = normal(account)
        if name not in self._known:
            direct = self._direct(name)
            if direct is not None:
                self._known[name] = direct
            else:
                with self._reading:  # whoever asks meanwhile waits: half a list lacks mailboxes
                    if not self._all_read:
                        self._read_all()
        return self._known.get(name)

    def _direct(self, account: str) -> str | None:
        """Look where the template leads for the account as it is written, which is nearly always right."""
        local, _, domain = account.partition("@")
        if not local or {"/", "\0"} & set(account) or {".", ".."} & {local, domain}:
            raise PermanentRouteError("an account's name is none that a folder can have")
        values = {"{local}": local, "{domain}": domain, "{account}": account}
        path = self.store.path or ""
        for name, value in values.items():
            path = path.replace(name, value)
        return path if self.tree.is_folder(path) else None

    def _read_all(self) -> None:
        """Read which mailboxes there are; a store without any is taken for one that is not mounted.

        Raises:
            TemporaryRouteError: some cannot be seen.
        """
        self._must_be_mounted()
        for one in mailboxes(self.store):
            if isinstance(one, Mailbox):
                if self.tree.is_folder(one.path):
                    self._known.setdefault(one.account, one.path)
            elif one.code == "unreadable-folder":
                raise TemporaryRouteError(
                    f"store {self.store.name}: a folder of mailboxes: {one.detail}"
                )
        self._all_read = True

    def _must_be_mounted(self) -> None:
        fixed = self.tree.fixed
        if not os.path.isdir(fixed) or not self.tree.names(fixed):
            raise TemporaryRouteError(f"store {self.store.name}: {fixed} is empty or not there")

    def folders(self, mailbox: str) -> Iterator[tuple[str, str]]:
        """Give IMAP name and path of each folder, INBOX first."""
        yield "INBOX", mailbox
        for name in sorted(self.tree.folders(mailbox)):
            if name.startswith("."):
                yield folder_name(name, self.separator), f"{mailbox}/{name}"

    def folder(self, mailbox: str, name: str) -> str:
        """Give the path of a folder by its IMAP name, whether it is there or not.

        It is INBOX's for a name that no folder can have, or that something else has: names come from
        filters, too, and with them from senders.
        """
        there = dict(self.folders(mailbox))
        if name in there:
            return there[name]
        if not self._usable(name):
            return mailbox
        path = f"{mailbox}/{directory_name(name, self.separator)}"
        return mailbox if self.tree.status(path) is not None else path

    def _usable(self, name: str) -> bool:
        for level in name.split(self.separator):
            if level in {"", ".", ".."} or _UNFIT.search(level):
                return False
        return len(directory_name(name, self.separator)) <= _LONGEST

    def touched(self) -> list[str]:
        """Give the mail directories that were asked for, each once: several accounts may lead to one."""
        return sorted(set(self._known.values()))

    def listing(self, mailbox: str) -> "Listing":
        """Give every message of a mailbox by base name, as it is now."""
        found: dict[str, list[tuple[str, str]]] = {}
        for folder, path in self.folders(mailbox):
            for part in _PARTS:
                with suppress(FileNotFoundError, NotADirectoryError):
                    for name in self.tree.names(f"{path}/{part}"):
                        place = (folder, f"{path}/{part}/{name}")
                        found.setdefault(name.partition(CUT)[0], []).append(place)
        return found


Listing = dict[str, list[tuple[str, str]]]
"""Folder and path of each file, by base name."""
