"""Copies as evidence knew them, found where they are now, and read."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from postwarden.relocation.service import (
    Absence,
    Original,
    TemporaryRouteError,
    Wanted,
    content_hash,
)
from postwarden.servers.dovecot.asking import Asking, Query
from postwarden.servers.dovecot.copying import Copier, Pick
from postwarden.servers.dovecot.imap import Mail
from postwarden.servers.dovecot.stored import Stored, rows, with_guids
from postwarden.servers.dovecot.traces import Spot, Traces
from postwarden.sources.service import header_hashes

_AT_ONCE = 500
_REMEMBERED = 20_000
_LONGEST_ASKED = 16 * 1024 * 1024  # bytes of a message; in JSON they may be three times as many


class Seen(NamedTuple):
    """What was read of an account's messages with one GUID, which never change."""

    size: int
    date: int
    content_hash: str


class Reader:
    """Implements `Route.read`, and finds copies for their removal."""

    def __init__(self, asking: Asking, copier: Copier, traces: Traces, hosts: Set[str]) -> None:
        """Bind it; `hosts` are the provider's own, lower case."""
        self._asking = asking
        self._traces = traces
        self._copier = copier
        self._hosts = hosts
        self._seen: OrderedDict[tuple[str, str], Seen] = OrderedDict()

    def seen(self, account: str, guid: str) -> Seen | None:
        """Give what was read lately."""
        return self._seen.get((account, guid))

    def read(self, copies: Sequence[Wanted]) -> Iterator[tuple[Wanted, Original | Absence]]:
        """As `Route.read`."""
        homes = self._asking.homes(copy.account for copy in copies)
        for at in range(0, len(copies), _AT_ONCE):
            yield from self._read(copies[at : at + _AT_ONCE], homes)

    def _read(
        self, copies: Sequence[Wanted], homes: Mapping[str, str]
    ) -> Iterator[tuple[Wanted, Original | Absence]]:
        here = {copy.id: copy for copy in copies if copy.account in homes}
        yield from ((copy, Absence.NO_ACCOUNT) for copy in copies if copy.id not in here)
        picks = [
            Pick(copy.id, copy.account, copy.folder, copy.guid, copy.uid)
            for copy in here.values()
            if copy.guid is not None
        ]
        missing = [copy for copy in here.values() if copy.guid is None]
        for pick, mail in self._copier.bytes_of(picks):
            if mail is None:
                missing.append(here[pick.id])
            else:
                yield here[pick.id], self._original(here[pick.id], pick, mail)
        if missing:
            yield from self._read_elsewhere(missing, copies)

    def _read_elsewhere(
        self, copies: Sequence[Wanted], batch: Sequence[Wanted]
    ) -> Iterator[tuple[Wanted, Original | Absence]]:
        located = list(self.locate(copies, batch))
        yield from ((copy, one) for copy, one in located if isinstance(one, Absence))
        places = {copy.id: (copy, one) for copy, one in located if not isinstance(one, Absence)}
        picks = [
            Pick(id_, copy.account, one.folder, one.guid, one.uid)
            for id_, (copy, one) in places.items()
        ]
        unread = []
        for pick, mail in self._copier.bytes_of(picks):
            if mail is None:
                unread.append(places[pick.id])
            else:
                yield places[pick.id][0], self._original(places[pick.id][0], pick, mail)
        yield from self.unread(unread, batch)

    def unread(
        self, places: Sequence[tuple[Wanted, Stored]], batch: Iterable[Wanted]
    ) -> Iterator[tuple[Wanted, Absence]]:
        """Say why copies cannot be read that were found at these places a moment ago.

        Raises:
            TemporaryRouteError: one of them is elsewhere by now.
        """
        if not places:
            return
        before = {copy.id: (one.folder_guid, one.uid) for copy, one in places}
        for copy, one in self.locate([copy for copy, _ in places], batch):
            if isinstance(one, Absence):
                yield copy, one
            elif (one.folder_guid, one.uid) == before[copy.id]:
                yield copy, Absence.UNREADABLE
            else:
                raise TemporaryRouteError("a copy is moved while it is read")

    def locate(
        self, copies: Sequence[Wanted], batch: Iterable[Wanted]
    ) -> Iterator[tuple[Wanted, Stored | Absence]]:
        """Find copies of accounts that are there, in all folders.

        One that lies nowhere else is looked for where lazy_expunge keeps what a user removed.

        Args:
            copies: which.
            batch: has what others may claim.
        """
        claimed = {(one.account, one.folder, one.uid) for one in batch}
        by_account: dict[str, list[Wanted]] = {}
        for copy in copies:
            by_account.setdefault(copy.account, []).append(copy)
        queries = [
            Query(account, words) for account, some in by_account.items() for words in _words(some)
        ]
        there: dict[str, list[Stored]] = {}
        for query, found in zip(queries, self._asking.stored(queries), strict=True):
            there.setdefault(query.account, []).extend(found)
        gone = []
        for account, some in by_account.items():
            places = {(folder, uid) for one, folder, uid in claimed if one == account}
            live = [one for one in there[account] if not self._traces.is_lazy(one.folder)]
            for copy in some:
                now = where_now(copy, live, places)
                if now is Absence.GONE:
                    gone.append(copy)
                else:
                    yield copy, now
        yield from self._lazily_kept(gone)

    def _lazily_kept(self, copies: Sequence[Wanted]) -> Iterator[tuple[Wanted, Stored | Absence]]:
        queries = self._traces.lazily_kept(
            Spot(copy.account, copy.folder, copy.guid) for copy in copies if copy.guid is not None
        )
        kept = {
            (query.account, one.guid): one
            for query, found in zip(queries, self._asking.stored(queries), strict=True)
            for one in found
        }
        for copy in copies:
            yield copy, kept.get((copy.account, copy.guid or ""), Absence.GONE)

    def _original(self, wanted: Wanted, pick: Pick, mail: Mail) -> Original | Absence:
        if wanted.header_hash not in header_hashes(mail.content, self._hosts):
            return Absence.CHANGED
        if may_have_had_nul(mail.content) and self._has_nul(pick, mail):
            return Absence.UNREADABLE
        self._remember(pick, mail)
        flags = [one for one in mail.flags if one.startswith("\\") and one.lower() != "\\recent"]
        return Original(
            mail.content,
            mail.date,
            tuple(sorted(flags)),
            tuple(sorted(one for one in mail.flags if not one.startswith("\\"))),
            pick.folder,
        )

    def _has_nul(self, pick: Pick, mail: Mail) -> bool:
        """Tell by doveadm's JSON, which changes other bytes; yes where that would be too long to ask."""
        if len(mail.content) > _LONGEST_ASKED:
            return True
        words = ["mailbox", pick.folder, *with_guids([pick.guid])]
        given = {"user": pick.account, "field": ["text"], "query": words}
        (told,) = self._asking.told([("fetch", given)])
        return any("\0" in row.get("text", "") for row in rows(told))

    def _remember(self, pick: Pick, mail: Mail) -> None:
        found = Seen(len(mail.content), mail.date // 1_000_000, content_hash(mail.content))
        self._seen[pick.account, pick.guid] = found
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)


def may_have_had_nul(content: bytes) -> bool:
    """Whether a byte 0x80 may have been NUL, of which Dovecot makes it where a copy gets another file (pure)."""
    if b"\x80" not in content:
        return False
    try:
        content.decode()
    except UnicodeDecodeError:
        return True
    return False


def where_now(
    wanted: Wanted, there: Iterable[Stored], claimed: Set[tuple[str, int | None]]
) -> Stored | Absence:
    """Find a copy among an account's messages (pure).

    Args:
        wanted: the copy.
        there: messages with its GUID, perhaps others.
        claimed: folder and UID of the copies that evidence knew of this account.
    """
    same = [one for one in there if wanted.guid in (None, one.guid)]
    for one in same:
        if (one.folder, one.uid) == (wanted.folder, wanted.uid):
            return one
    if wanted.guid is None:
        return Absence.CHANGED
    free = [one for one in same if (one.folder, one.uid) not in claimed]
    if len(free) > 1:
        free = [one for one in free if one.folder == wanted.folder]
        if len(free) != 1:
            return Absence.CHANGED
    return free[0] if free else Absence.GONE


def _words(copies: Iterable[Wanted]) -> Iterator[list[str]]:
    guids = [copy.guid for copy in copies if copy.guid is not None]
    if guids:
        yield with_guids(guids)
    for copy in copies:
        if copy.guid is None and copy.uid is not None:
            yield ["mailbox", copy.folder, "uid", str(copy.uid)]
