"""Where accounts, folders and messages lie in a store of Maildirs."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from postwarden.relocation.service import PermanentRouteError, TemporaryRouteError
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


def is_there(path: str) -> bool:
    """Tell whether anything has a name; raises `OSError` where nobody can know, unlike `os.path.exists`."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def is_folder(path: str) -> bool:
    """Tell whether a folder is there; raises `OSError` as `is_there`."""
    try:
        return stat.S_ISDIR(os.stat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


@dataclass(slots=True)
class Places:
    """The mail directories of a store, by account."""

    store: StoreSettings
    separator: str
    _known: dict[str, str] = field(default_factory=dict)
    _all_read: bool = False

    def mailbox(self, account: str) -> str | None:
        """Give an account's mail directory; None where it has none."""
        name = normal(account)
        if name not in self._known:
            direct = self._direct(name)
            if direct is not None:
                self._known[name] = direct
            elif not self._all_read:
                self._read_all()
        return self._known.get(name)

    def _direct(self, account: str) -> str | None:
        """Look where the template leads for the account as it is written, which is nearly always right."""
        local, _, domain = account.partition("@")
        if not local or {"/", "\0"} & set(account) or ".." in {local, domain}:
            raise PermanentRouteError("an account's name is none that a folder can have")
        values = {"{local}": local, "{domain}": domain, "{account}": account}
        path = self.store.path or ""
        for name, value in values.items():
            path = path.replace(name, value)
        return path if is_folder(path) else None

    def _read_all(self) -> None:
        """Read which mailboxes there are; a store without any is taken for one that is not mounted."""
        self._must_be_mounted()
        self._all_read = True
        for one in mailboxes(self.store):
            if isinstance(one, Mailbox):
                self._known.setdefault(one.account, one.path)

    def _must_be_mounted(self) -> None:
        fixed = (self.store.path or "").partition("{")[0].rpartition("/")[0]
        if not is_folder(fixed) or not os.listdir(fixed):
            raise TemporaryRouteError(f"store {self.store.name}: {fixed} is empty or not there")

    def folders(self, mailbox: str) -> Iterator[tuple[str, str]]:
        """Give IMAP name and path of each folder, INBOX first."""
        yield "INBOX", mailbox
        for name in sorted(os.listdir(mailbox)):
            if name.startswith(".") and name not in (".", "..") and is_folder(f"{mailbox}/{name}"):
                yield folder_name(name, self.separator), f"{mailbox}/{name}"

    def folder(self, mailbox: str, name: str) -> str:
        """Give the path of a folder by its IMAP name, whether it is there or not."""
        there = dict(self.folders(mailbox))
        if name in there:
            return there[name]
        return f"{mailbox}/{directory_name(name, self.separator)}"

    def touched(self) -> list[str]:
        """Give the mail directories that were asked for."""
        return sorted(self._known.values())

    def listing(self, mailbox: str) -> "Listing":
        """Give every message of a mailbox by base name, as it is now."""
        found: dict[str, list[tuple[str, str]]] = {}
        for folder, path in self.folders(mailbox):
            for part in _PARTS:
                with suppress(FileNotFoundError, NotADirectoryError):
                    for name in os.listdir(f"{path}/{part}"):
                        place = (folder, f"{path}/{part}/{name}")
                        found.setdefault(name.partition(CUT)[0], []).append(place)
        return found


Listing = dict[str, list[tuple[str, str]]]
"""Folder and path of each file, by base name."""
