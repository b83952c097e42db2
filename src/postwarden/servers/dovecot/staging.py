"""The staging account: folders of Postwarden's own, in which no user looks.

A folder takes the parcels of one call, behind a note with their keys in the same order, so that what an
earlier try left is found by key. Nobody else writes there: the note has UID 1, the first parcel UID 2.
Folders are known by their GUID; a new name keeps a late command from finding one.
"""

import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from postwarden.relocation.service import RelocationError, TemporaryRouteError
from postwarden.servers.dovecot.imap import Held, Imap, Letter, Place
from postwarden.servers.dovecot.stored import uid_set

_STAGE, _READ = "postwarden-stage-", "postwarden-read-"
_NOTE = "Subject: Postwarden puts mail where it belongs\r\nContent-Type: text/plain\r\n\r\n"
_FIRST = 2  # UID of the first parcel
_BYTES_AT_ONCE = 8 * 1024 * 1024
_LETTERS_AT_ONCE = 500
_FORGOTTEN_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Login:
    """How the staging account logs in.

    Attributes:
        password: gives it when it is needed; raises `PermanentRouteError`.
        seconds: that a command may take.
    """

    place: Place
    account: str
    password: Callable[[], str]
    seconds: float


class _Sessions(threading.local):
    """The session of each thread, and how often it is in use there."""

    open: Imap | None = None
    inside = 0


class Staging:
    """The folders of the staging account; what fails here raises `TemporaryRouteError`."""

    def __init__(self, login: Login, lazy: str) -> None:
        """Bind them; `lazy` is the mask of the folders that lazy_expunge fills, "" for none."""
        self._login = login
        self._lazy = lazy
        self._mine = _Sessions()
        self._keys: dict[str, Collection[str]] = {}  # of folders made here, by GUID

    @property
    def account(self) -> str:
        """Say whose the folders are."""
        return self._login.account

    @contextmanager
    def session(self) -> Iterator[Imap]:
        """Give a session: that of this thread's last call, if it still lives."""
        mine = self._mine
        if mine.open is not None and not mine.inside and not mine.open.is_alive():
            self._end()
        mine.inside += 1
        try:
            if mine.open is None:
                it = self._login
                mine.open = Imap(it.place, it.account, it.password(), it.seconds)
            yield mine.open
        except BaseException:  # nobody knows where a session stands that was cut off
            self._end()
            raise
        finally:
            mine.inside -= 1

    def _end(self) -> None:
        if self._mine.open is not None:
            self._mine.open.close()
        self._mine.open = None

    def stage(self, letters: Mapping[str, Letter]) -> tuple[str, dict[str, Held]]:
        """Put letters into a new folder.

        Returns:
            The GUID of the folder, and by key the letters that are stored as they were given. One is
            left out that has no bytes, or that IMAP or this server would change.
        """
        wanted = {
            key: one for key, one in letters.items() if one.content and b"\0" not in one.content
        }
        note = Letter((_NOTE + "\r\n".join(wanted)).encode("ascii"), time.time_ns() // 1000)
        with self.session() as session:
            name = _name(session, _STAGE)
            session.create(name)
            for some in _portions([note, *wanted.values()]):
                session.append(name, some)
            found = session.held(name)
            session.leave()
            guids = session.folders(name)
        if [one.uid for one in found] != list(range(1, len(wanted) + _FIRST)) or len(guids) != 1:
            raise TemporaryRouteError("staging holds something else than was put into it")
        pairs = zip(wanted.items(), found[1:], strict=True)
        (guid,) = guids
        self._keys[guid] = tuple(wanted)
        return guid, {key: there for (key, letter), there in pairs if _is_as_given(letter, there)}

    def names(self) -> dict[str, str]:
        """Give the staging folders: name by GUID."""
        with self.session() as session:
            return session.folders(f"{session.prefix}{_STAGE}*")

    def fence(self, guids: Collection[str]) -> dict[str, str]:
        """Give folders new names, so that what was asked with the old ones finds nothing.

        Returns:
            The new name by GUID, of those folders that are there.
        """
        fresh = {}
        with self.session() as session:
            for guid, name in self.names().items():
                if guid in guids:
                    fresh[guid] = _name(session, _STAGE)
                    session.rename(name, fresh[guid])
        return fresh

    def staged(self, names: Mapping[str, str]) -> set[tuple[str, int]]:
        """Give what folders hold, as (GUID of the folder, UID); `names` is by GUID."""
        with self.session() as session:
            return {(guid, one.uid) for guid, name in names.items() for one in session.held(name)}

    def expunge(self, names: Mapping[str, str], places: Collection[tuple[str, int]]) -> None:
        """Remove staged messages: (GUID of the folder, UID); `names` is by GUID."""
        by_folder: dict[str, list[int]] = {}
        for guid, uid in places:
            by_folder.setdefault(guid, []).append(uid)
        with self.session() as session:
            for guid, uids in by_folder.items():
                session.expunge(names[guid], uid_set(uids))

    def forget(self, is_dead: Callable[[str], bool]) -> bool:
        """Remove what is staged of these keys, folders that are empty then, and old ones of no use.

        Returns:
            Whether there was anything.
        """
        done = False
        with self.session() as session:
            for guid, name in session.folders(f"{session.prefix}{_STAGE}*").items():
                if guid in self._keys and not any(map(is_dead, self._keys[guid])):
                    continue  # another thread may be at work there
                keys = session.first_body(name).split()
                dead = {_FIRST + at for at, key in enumerate(keys) if is_dead(key)}
                left = {one.uid for one in session.held(name)} - {1}
                if dead and left <= dead:
                    session.delete(name)
                    self._keys.pop(guid, None)
                elif dead & left:
                    session.expunge(name, uid_set(dead & left))
                elif not keys and _is_old(name):  # whoever made it was cut short
                    session.delete(name)
                done = done or bool(dead)
            for name in session.folders(f"{session.prefix}{_READ}*").values():
                if _is_old(name):
                    session.delete(name)
            self._sweep(session)
        return done

    def keeps_lazily(self) -> bool:
        """Whether what is expunged here is found where lazy_expunge is said to keep it; tried once."""
        if not self._lazy:
            return False
        with self.session() as session:
            name = _name(session, _READ)
            session.create(name)
            session.append(name, [Letter(_NOTE.encode(), 0)])
            session.delete(name)
            kept = [session.held(one) for one in session.folders(self._lazy).values()]
            self._sweep(session)
        return any(kept)

    def _sweep(self, session: Imap) -> None:
        """Remove what lazy_expunge keeps of this account: copies of everything that passed through."""
        if not self._lazy:
            return
        for name in session.folders(self._lazy).values():
            if self._lazy.endswith("*"):
                session.delete(name)
            else:
                session.expunge(name, "1:*")

    @contextmanager
    def reading_folder(self) -> Iterator[str]:
        """Make a folder to copy into, and remove it."""
        with self.session() as session:
            name = _name(session, _READ)
            session.create(name)
        try:
            yield name
        finally:
            # What cannot be removed now, `forget` removes another day.
            with suppress(RelocationError), self.session() as session:
                session.delete(name)
                self._sweep(session)


def _name(session: Imap, kind: str) -> str:
    return f"{session.prefix}{kind}{int(time.time())}-{secrets.token_hex(8)}"


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


def _is_as_given(letter: Letter, there: Held) -> bool:
    return (there.size, there.date) == (len(letter.content), letter.date // 1_000_000)


def _is_old(name: str) -> bool:
    made = name.rpartition("-")[0].rpartition("-")[2]
    return made.isdecimal() and int(made[:12]) < time.time() - _FORGOTTEN_SECONDS
