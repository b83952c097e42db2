"""The route to a store of Maildirs."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from errno import EEXIST, ENOENT, ENOSPC, ENOTEMPTY
from threading import Lock

from postwarden.durable.service import side_by_side
from postwarden.relocation.service import (
    Absence,
    AmbiguousRouteError,
    Original,
    Parcel,
    Room,
    TemporaryRouteError,
    Ticket,
    Wanted,
    Where,
    canonical,
    content_hash,
)
from postwarden.servers.maildir.finding import Finder, Found, fits_header, letters_of, original
from postwarden.servers.maildir.places import CUT, STAGING, Places
from postwarden.servers.maildir.quota import MOST, NAME, bytes_left
from postwarden.servers.maildir.tree import remove_all
from postwarden.servers.maildir.writing import (
    Message,
    Owner,
    make_folder,
    make_mailbox,
    move,
    write,
)
from postwarden.sources.service import StoreSettings

_NOWHERE = {True: Where.TAKEN, False: Where.LOST, None: Where.UNCLEAR}
"""Where a file is that is nowhere, by whether it was published, as far as this process knows."""
_RESIDUE = ("index-cache", "full-text-index", "quota-file")


class MaildirRoute:
    """Implements `Route`; see the package.

    A file that is neither staged nor in its account was taken by its owner only where this process saw it
    published, and never arrived only where this process staged it, or removed it from staging, and nobody
    has published it since. Else nobody can know: somebody may have emptied the staging folder by hand.
    """

    name = "maildir"
    waits = False

    def __init__(
        self, store: StoreSettings, hosts: frozenset[str], separator: str, host: str
    ) -> None:
        """Bind it.

        Args:
            store: of the driver "maildir".
            hosts: the provider's own, lower case; where a message's header begins depends on them.
            separator: of IMAP folder names.
            host: name of this one, for file names.
        """
        self._places = Places(store, separator)
        self._tree = self._places.tree
        self._hosts = hosts
        self._host = host.replace("/", "_").replace(":", "_")
        self._published: dict[str, bool] = {}
        self._staging = Lock()  # an empty folder goes before another thread uses it, or not at all

    @contextmanager
    def _working(self) -> Iterator[None]:
        """Turn what the file system refuses into the room's words: a look tells what was done.

        A disk that is full is full for a while: what failed is done another time, as often as need be.
        """
        try:
            with self._tree.going():
                yield
        except OSError as error:
            kind = TemporaryRouteError if error.errno == ENOSPC else AmbiguousRouteError
            raise kind(f"maildir: {error.strerror or error}") from error

    def rooms(self, accounts: Sequence[str]) -> Mapping[str, Room]:
        """Say which accounts have a mailbox, and what is left there by the file `maildirsize`."""
        with self._working():
            return {one: self._room(self._places.mailbox(one)) for one in accounts}

    def _room(self, mailbox: str | None) -> Room:
        if mailbox is None:
            return Room(exists=False)
        left = bytes_left(self._tree.start(f"{mailbox}/{NAME}", MOST))
        return Room(exists=True, bytes_left=left)

    def read(self, copies: Sequence[Wanted]) -> Iterator[tuple[Wanted, Original | Absence]]:
        """Read copies."""
        for copy, found in self._find(copies, lambda copy: fits_header(copy, self._hosts)):
            with self._working():
                told = original(found, self._tree) if isinstance(found, Found) else found
            yield copy, told

    def stage(self, parcels: Sequence[Parcel]) -> Mapping[str, Ticket]:
        """Write parcels into the folder `postwarden` of their accounts.

        Left out are accounts in whose mailbox something else has that name.
        """
        with self._working():
            takes = {one: self._takes(one) for one in {parcel.account for parcel in parcels}}
            parcels = [one for one in parcels if takes[one.account]]
        with self._staging:
            return {
                ticket.key: ticket
                for account, theirs in _by_account(parcels).items()
                for ticket in self._staged(account, theirs, "")
            }

    def restore(self, parcel: Parcel, flags: Sequence[str], keywords: Sequence[str]) -> Ticket:  # noqa: ARG002  # keywords are numbered per folder, by Dovecot alone
        """Stage a copy that arrives with its flags; its keywords stay in quarantine alone."""
        (ticket,) = self._staged(parcel.account, [parcel], letters_of(tuple(flags)))
        return ticket

    def _staged(self, account: str, parcels: Sequence[Parcel], letters: str) -> Iterator[Ticket]:
        with self._working():
            mailbox = self._mailbox(account)
            owner = Owner.of(self._tree, mailbox)
            staging = f"{mailbox}/{STAGING}"
            make_folder(self._tree, staging, owner)
            messages = [self._message(one) for one in parcels]
            write(self._tree, staging, messages, owner)
            self._published |= dict.fromkeys((one.name for one in messages), False)
        for parcel, message in zip(parcels, messages, strict=True):
            place = {"mailbox": mailbox, "letters": letters}
            yield Ticket(parcel.key, account, parcel.folder, message.name, place)

    def _takes(self, account: str) -> bool:
        mailbox = self._places.mailbox(account)
        if mailbox is None:
            return False
        staging = f"{mailbox}/{STAGING}"
        return self._tree.is_folder(staging) or self._tree.status(staging) is None

    def _message(self, parcel: Parcel) -> Message:
        content = parcel.content.replace(b"\r\n", b"\n")
        sizes = f",S={len(content)},W={len(parcel.content)}"
        name = f"{parcel.internal_date // 1_000_000}.P{parcel.key}.{self._host}{sizes}"
        return Message(name, content, parcel.internal_date)

    def publish(self, tickets: Sequence[Ticket]) -> None:
        """Rename staged files into their folders."""
        with self._working():
            for ticket in tickets:
                if ticket.folder != "INBOX" and self._is_staged(ticket):
                    owner = Owner.of(self._tree, str(ticket.place["mailbox"]))
                    aside = f"{_staging(ticket)}.folder"
                    with suppress(NotADirectoryError):  # something of its owner's is in the way
                        make_mailbox(self._tree, self._folder(ticket), owner, aside)
            before = {one.guid: self._published.pop(one.guid, None) for one in tickets}
            moved = move(self._tree, ((_staging(one), self._target(one)) for one in tickets))
            known = {one.guid: before[one.guid] or _staging(one) in moved for one in tickets}
            self._published |= {
                guid: seen for guid, seen in known.items() if seen or before[guid] is not None
            }

    def settle(self, tickets: Sequence[Ticket]) -> Mapping[str, Where]:
        """Say where parcels are; a rename that was asked for has happened, or the file is still there."""
        finders: dict[str, Finder] = {}
        found: dict[str, Where] = {}
        folders: dict[str, None] = {}
        with self._working():
            for ticket in tickets:
                if self._is_staged(ticket):
                    found[ticket.key] = Where.STAGED
                    continue
                there = self._arrived(ticket, finders)
                if there is None:
                    found[ticket.key] = _NOWHERE[self._published.get(ticket.guid)]
                    continue
                folders[os.path.dirname(there)] = None
                found[ticket.key] = Where.ARRIVED
            side_by_side(self._tree.sync, folders)
        return found

    def arrived(self, tickets: Sequence[Ticket]) -> Iterator[tuple[Ticket, str | Where]]:
        """Read arrived files back."""
        finders: dict[str, Finder] = {}
        with self._working():
            for ticket in tickets:
                content = self._content(ticket, finders)
                yield ticket, Where.TAKEN if content is None else content_hash(content)

    def remove(self, copies: Sequence[tuple[Wanted, str]]) -> Mapping[str, Absence | None]:
        """Unlink copies whose content has the hash."""
        hashes = {copy.id: wanted for copy, wanted in copies}

        def fits(copy: Wanted) -> Callable[[bytes], bool]:
            return lambda content: content_hash(content) == hashes[copy.id]

        removed: dict[str, Absence | None] = {}
        folders: dict[str, None] = {}
        for copy, found in self._find([copy for copy, _ in copies], fits, removing=True):
            removed[copy.id] = found if isinstance(found, Absence) else None
            if isinstance(found, Found):
                folders[os.path.dirname(found.path)] = None
        with self._working():
            side_by_side(self._tree.sync, folders)
        return removed

    def clear(self, keys: Sequence[str], accounts: Sequence[str]) -> None:
        """Remove staged files whose keys begin so, and staging folders that are empty then."""
        starts = tuple(f".P{key}" for key in keys)

        def is_meant(name: str) -> bool:
            return name[name.find(".") :].startswith(starts)

        for name in filter(is_meant, list(self._published)):
            self._published.pop(name, None)
        with self._staging, self._working():
            for staging in self._stagings(accounts):
                with self._tree.listed(staging) as folder:
                    for name in filter(is_meant, os.listdir(folder)):
                        if remove_all(name, folder):
                            self._published[name] = False
                with self._tree.holding(staging) as (box, name):
                    _remove_empty(name, box)

    def residue(self) -> Sequence[str]:
        """Name where Dovecot may keep parts of removed messages."""
        return _RESIDUE

    def _stagings(self, accounts: Sequence[str]) -> list[str]:
        """Give the staging folders of accounts, and of all that were asked for before."""
        for account in accounts:
            self._places.mailbox(account)
        mailboxes = self._places.touched()
        return [one for box in mailboxes if self._tree.is_folder(one := f"{box}/{STAGING}")]

    def _find(
        self,
        copies: Sequence[Wanted],
        fits: Callable[[Wanted], Callable[[bytes], bool]],
        *,
        removing: bool = False,
    ) -> Iterator[tuple[Wanted, Found | Absence]]:
        finders: dict[str, Finder] = {}
        with self._working():
            for copy in copies:
                mailbox = self._places.mailbox(copy.account)
                if mailbox is None:
                    yield copy, Absence.NO_ACCOUNT
                    continue
                finder = finders.setdefault(mailbox, Finder(self._places, mailbox))
                found = finder.find(copy, fits(copy))
                while removing and isinstance(found, Found) and not self._tree.unlink(found.path):
                    finder.forget()
                    found = finder.find(copy, fits(copy))
                yield copy, found

    def _content(self, ticket: Ticket, finders: dict[str, Finder]) -> bytes | None:
        for _ in range(3):  # its owner may flag it meanwhile
            path = self._arrived(ticket, finders)
            if path is None:
                return None
            try:
                message = self._tree.message(path)
            except FileNotFoundError:
                finders.clear()
                continue
            return b"" if message.content is None else canonical(message.content)
        return None

    def _arrived(self, ticket: Ticket, finders: dict[str, Finder]) -> str | None:
        mailbox = str(ticket.place["mailbox"])
        finder = finders.setdefault(mailbox, Finder(self._places, mailbox))
        return finder.path_of(ticket.guid)

    def _mailbox(self, account: str) -> str:
        mailbox = self._places.mailbox(account)
        if mailbox is None:
            raise TemporaryRouteError("an account of the plan has no mailbox any more")
        return mailbox

    def _is_staged(self, ticket: Ticket) -> bool:
        return self._tree.status(_staging(ticket)) is not None

    def _folder(self, ticket: Ticket) -> str:
        return self._places.folder(str(ticket.place["mailbox"]), ticket.folder)

    def _target(self, ticket: Ticket) -> str:
        """Unread mail without flags lies in new/, as after a delivery; else in cur/."""
        letters = ticket.place["letters"]
        part = f"cur/{ticket.guid}{CUT}{letters}" if letters else f"new/{ticket.guid}"
        return f"{self._folder(ticket)}/{part}"


def _staging(ticket: Ticket) -> str:
    return f"{ticket.place['mailbox']}/{STAGING}/{ticket.guid}"


def _remove_empty(name: str, folder: int) -> None:
    try:
        os.rmdir(name, dir_fd=folder)
    except OSError as error:
        if error.errno not in {ENOTEMPTY, EEXIST, ENOENT}:  # another run's parcels are in it
            raise


def _by_account(parcels: Sequence[Parcel]) -> dict[str, list[Parcel]]:
    found: defaultdict[str, list[Parcel]] = defaultdict(list)
    for one in parcels:
        found[one.account].append(one)
    return found
