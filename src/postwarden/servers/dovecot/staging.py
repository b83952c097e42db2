"""The staging account: folders of Postwarden's own, in which no user looks.

A folder takes the parcels of one call, behind a note with their keys in the same order, so that what an
earlier try left is found by key. Nobody else writes there: the note has UID 1, the first parcel UID 2.
Folders are known by their GUID; a new name keeps a late command from finding one.
"""

import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from postwarden.relocation.service import RelocationError, TemporaryRouteError
from postwarden.servers.dovecot.api import Asked
from postwarden.servers.dovecot.asking import Asking, Query
from postwarden.servers.dovecot.imap import Imap, Letter, Place
from postwarden.servers.dovecot.stored import Folder, Stored, rows, uid_set

_STAGE, _READ = "postwarden-stage-", "postwarden-read-"
_NOTE = "Subject: Postwarden puts mail where it belongs\r\nContent-Type: text/plain\r\n\r\n"
_FIRST = 2  # UID of the first parcel
_BYTES_AT_ONCE = 8 * 1024 * 1024
_LETTERS_AT_ONCE = 200
_FORGOTTEN_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Login:
    """How the staging account logs in.

    Attributes:
        seconds: that a command may take.
    """

    place: Place
    account: str
    password: str
    seconds: float


class Staging:
    """The folders of the staging account; what fails here raises `TemporaryRouteError`."""

    def __init__(self, asking: Asking, login: Login) -> None:
        self._asking = asking
        self._login = login
        self._known_prefix: str | None = None

    @property
    def account(self) -> str:
        """Say whose the folders are."""
        return self._login.account

    def session(self) -> Imap:
        """Log in; the caller ends it."""
        it = self._login
        session = Imap(it.place, it.account, it.password, it.seconds)
        self._known_prefix = session.prefix
        return session

    def stage(self, letters: Mapping[str, Letter]) -> dict[str, Stored]:
        """Put letters into a new folder; give by key those that are stored as they were given.

        A letter is left out whose bytes IMAP or this server would change, or that has none.
        """
        wanted = {key: one for key, one in letters.items() if one.content}
        name = self._made(_STAGE)
        note = Letter((_NOTE + "\r\n".join(wanted)).encode("ascii"), time.time_ns() // 1000)
        with self.session() as session:
            for some in _portions([note, *wanted.values()]):
                session.append(name, some)
        found = self._stored(name)
        if [one.uid for one in found] != list(range(1, len(wanted) + _FIRST)):
            raise TemporaryRouteError("staging holds something else than was put into it")
        pairs = zip(wanted.items(), found[1:], strict=True)
        return {key: there for (key, letter), there in pairs if _is_as_given(letter, there)}

    def names(self) -> dict[str, str]:
        """Give the staging folders: name by GUID."""
        return {one.guid: one.name for one in self._folders(_STAGE)}

    def fence(self, guids: Collection[str]) -> dict[str, str]:
        """Give folders new names, so that what was asked with the old ones finds nothing.

        Returns:
            The new name by GUID, of those folders that are there.
        """
        found = {guid: name for guid, name in self.names().items() if guid in guids}
        fresh = {guid: self._name(_STAGE) for guid in found}
        self._asking.told(
            [
                (
                    "mailboxRename",
                    {"user": self.account, "mailbox": found[guid], "newName": fresh[guid]},
                )
                for guid in found
            ]
        )
        return fresh

    def staged(self, names: Collection[str]) -> set[tuple[str, int]]:
        """Give what these folders hold: (GUID of the folder, UID)."""
        queries = [Query(self.account, ["mailbox", name, "all"]) for name in names]
        found = self._asking.stored(queries)
        return {(one.folder_guid, one.uid) for some in found for one in some}

    def expunge(self, places: Collection[tuple[str, int]]) -> None:
        """Remove staged messages: (GUID of the folder, UID)."""
        by_folder: dict[str, list[int]] = {}
        for folder, uid in places:
            by_folder.setdefault(folder, []).append(uid)
        self._asking.told([self._expunged(guid, uids) for guid, uids in by_folder.items()])

    def forget(self, is_dead: Callable[[str], bool]) -> None:
        """Remove what is staged of these keys, folders that are empty then, and old reading folders."""
        dead = {
            guid: places
            for guid, noted in self._notes().items()
            if (places := [_FIRST + at for at, key in enumerate(noted) if is_dead(key)])
        }
        self._asking.told([self._expunged(guid, uids) for guid, uids in dead.items()])
        names = self.names()
        left = self.staged([names[guid] for guid in dead if guid in names])
        full = {guid for guid, uid in left if uid >= _FIRST}
        self._delete([names[guid] for guid in dead if guid in names and guid not in full])
        self._delete([one.name for one in self._folders(_READ) if _is_old(one.name)])
        if dead:
            self._asking.told([("purge", {"user": self.account})])

    @contextmanager
    def reading_folder(self) -> Iterator[str]:
        """Make a folder to copy into, and remove it."""
        name = self._made(_READ)
        try:
            yield name
        finally:
            with suppress(RelocationError):  # `forget` removes it another day
                self._delete([name])

    def _notes(self) -> dict[str, list[str]]:
        words = ["mailbox", f"{self._prefix}{_STAGE}*", "uid", "1"]
        fields = ["mailbox-guid", "body"]
        (answer,) = self._asking.told(
            [("fetch", {"user": self.account, "field": fields, "query": words})]
        )
        return {row.get("mailbox-guid", ""): row.get("body", "").split() for row in rows(answer)}

    def _stored(self, name: str) -> list[Stored]:
        (found,) = self._asking.stored([Query(self.account, ["mailbox", name, "all"])])
        return sorted(found, key=lambda one: one.uid)

    def _expunged(self, folder_guid: str, uids: Sequence[int]) -> Asked:
        words = ["mailbox-guid", folder_guid, "uid", uid_set(uids)]
        return "expunge", {"user": self.account, "query": words}

    def _made(self, kind: str) -> str:
        name = self._name(kind)
        self._asking.told([("mailboxCreate", {"user": self.account, "mailbox": [name]})])
        return name

    def _delete(self, names: Sequence[str]) -> None:
        if names:
            self._asking.told([("mailboxDelete", {"user": self.account, "mailbox": list(names)})])

    def _folders(self, kind: str) -> list[Folder]:
        (found,) = self._asking.folders([(self.account, f"{self._prefix}{kind}*")])
        return found

    def _name(self, kind: str) -> str:
        return f"{self._prefix}{kind}{int(time.time())}-{secrets.token_hex(8)}"

    @property
    def _prefix(self) -> str:
        if self._known_prefix is None:
            with self.session() as session:
                return session.prefix
        return self._known_prefix


def _portions(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """Give letters in portions that are neither many nor large."""
    portion: list[Letter] = []
    size = 0
    for one in letters:
        if portion and (size > _BYTES_AT_ONCE or len(portion) == _LETTERS_AT_ONCE):
            yield portion
            portion, size = [], 0
        portion.append(one)
        size += len(one.content)
    yield portion


def _is_as_given(letter: Letter, there: Stored) -> bool:
    return (there.size, there.date) == (len(letter.content), letter.date // 1_000_000)


def _is_old(name: str) -> bool:
    made = name.partition(_READ)[2].partition("-")[0]
    return made.isdecimal() and int(made[:12]) < time.time() - _FORGOTTEN_SECONDS
