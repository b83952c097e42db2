"""Copies out of the mailbox that they should never have come to.

Each is looked at once more: where its account, GUID, size and INTERNALDATE are those of what was read
lately, it is that message, for a stored message never changes (RFC 3501 section 2.3.1.1), and Dovecot
gives no two contents one GUID in an account. Otherwise its bytes are read again.
"""

from collections.abc import Iterator, Mapping, Sequence

from postwarden.relocation.service import Absence, AmbiguousRouteError, Wanted, content_hash
from postwarden.servers.dovecot.asking import NOT_FOUND, Asking, Query, fetched
from postwarden.servers.dovecot.copying import Copier, Pick
from postwarden.servers.dovecot.reading import Reader
from postwarden.servers.dovecot.stored import Stored, rows, uid_set, with_guids
from postwarden.servers.dovecot.traces import Spot, Traces, expunged, purged

_AT_ONCE = 500
_Found = Mapping[str, tuple[Wanted, Stored]]


class Remover:
    """Implements `Route.remove`."""

    def __init__(
        self, asking: Asking, copier: Copier, reader: Reader, traces: Traces, staging: str
    ) -> None:
        """Bind it; `staging` is the account through which copies were read."""
        self._asking = asking
        self._traces = traces
        self._staging = staging
        self._copier = copier
        self._reader = reader

    def remove(self, copies: Sequence[tuple[Wanted, str]]) -> dict[str, Absence | None]:
        """As `Route.remove`."""
        homes = self._asking.homes([*(copy.account for copy, _ in copies), self._staging])
        told: dict[str, Absence | None] = {}
        for at in range(0, len(copies), _AT_ONCE):
            some = copies[at : at + _AT_ONCE]
            told |= {copy.id: Absence.NO_ACCOUNT for copy, _ in some if copy.account not in homes}
            told |= self._remove([one for one in some if one[0].account in homes], homes)
        return told

    def _remove(
        self, copies: Sequence[tuple[Wanted, str]], homes: Mapping[str, str]
    ) -> dict[str, Absence | None]:
        told: dict[str, Absence | None] = {}
        found: dict[str, tuple[Wanted, Stored]] = {}
        for copy, place in self._looked_up([copy for copy, _ in copies]):
            if isinstance(place, Absence):
                told[copy.id] = place
            else:
                found[copy.id] = (copy, place)
        same, unread = self._same(found, {copy.id: hashed for copy, hashed in copies})
        told |= {id_: Absence.CHANGED for id_ in found if id_ not in same}
        why = self._reader.unread([found[id_] for id_ in unread], [copy for copy, _ in copies])
        told |= {copy.id: absence for copy, absence in why}
        self._expunge([copy for copy, _ in copies], [found[id_] for id_ in same], homes)
        return told | dict.fromkeys(same)

    def _looked_up(self, copies: Sequence[Wanted]) -> Iterator[tuple[Wanted, Stored | Absence]]:
        """Find copies: first where evidence knew them, then in all folders."""
        by_folder: dict[tuple[str, str], list[Wanted]] = {}
        for copy in copies:
            if copy.uid is not None and copy.guid is not None:
                by_folder.setdefault((copy.account, copy.folder), []).append(copy)
        queries = [Query(account, _expected(some)) for (account, _), some in by_folder.items()]
        there = {
            (query.account, one.folder, one.uid, one.guid): one
            for query, rows in zip(queries, self._asking.stored(queries), strict=True)
            for one in rows
        }
        missing = []
        for copy in copies:
            place = there.get((copy.account, copy.folder, copy.uid or 0, copy.guid or ""))
            if place is None:
                missing.append(copy)
            else:
                yield copy, place
        yield from self._reader.locate(missing, copies)

    def _same(self, found: _Found, hashes: Mapping[str, str]) -> tuple[list[str], list[str]]:
        """Give the ids of those whose content has the hash that it should have, and of unreadable ones."""
        same, unread, unknown = [], [], []
        for id_, (copy, place) in found.items():
            seen = self._reader.seen(copy.account, place.guid)
            if seen == (place.size, place.date, hashes[id_]):
                same.append(id_)
            else:
                unknown.append(Pick(id_, copy.account, place.folder, place.guid, place.uid))
        for pick, mail in self._copier.bytes_of(unknown):
            if mail is None:
                unread.append(pick.id)
            elif content_hash(mail.content) == hashes[pick.id]:
                same.append(pick.id)
        return same, unread

    def _expunge(
        self,
        copies: Sequence[Wanted],
        places: Sequence[tuple[Wanted, Stored]],
        homes: Mapping[str, str],
    ) -> None:
        """Expunge copies at their places, and what Dovecot keeps of them beside.

        The latter also where nothing is left to expunge: an earlier try may have ended in between.
        """
        by_folder: dict[tuple[str, str], list[Stored]] = {}
        for copy, place in places:
            by_folder.setdefault((copy.account, place.folder_guid), []).append(place)
        queries = [Query(account, _exactly(some)) for (account, _), some in by_folder.items()]
        spots = [Spot(copy.account, place.folder, place.guid) for copy, place in places]
        queries += self._traces.lazily_kept(spots)
        were = {(one.account, one.folder) for one in copies}
        were |= {(one.account, one.folder) for one in spots}
        acts = [
            *map(expunged, queries),
            *map(fetched, queries),
            *self._traces.cached(sorted(were)),
            *purged(homes, {self._staging, *(copy.account for copy in copies)}),
        ]
        answers = self._asking.act(acts, {NOT_FOUND})
        if any(map(rows, answers[len(queries) : 2 * len(queries)])):
            raise AmbiguousRouteError("doveadm expunge succeeded, and copies are there still")
        self._traces.replicate(copy.account for copy in copies)


def _expected(copies: Sequence[Wanted]) -> list[str]:
    return ["mailbox", copies[0].folder, "uid", uid_set(copy.uid or 0 for copy in copies)]


def _exactly(places: Sequence[Stored]) -> list[str]:
    uids = uid_set(place.uid for place in places)
    guids = with_guids(place.guid for place in places)
    return ["mailbox-guid", places[0].folder_guid, "uid", uids, *guids]
