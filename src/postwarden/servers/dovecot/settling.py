"""Where staged parcels are: staged still, arrived, or neither.

A parcel has a GUID that Dovecot made for it alone, and it keeps that when it is moved, by us or by its
owner. A Dovecot that is killed between storing a Maildir message and noting its GUID gives it another
one; so a message that came since, of the same size, date and content, is the parcel, too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from postwarden.relocation.service import Ticket, Where, content_hash
from postwarden.servers.dovecot.asking import Asking, Query
from postwarden.servers.dovecot.copying import Copier, Pick
from postwarden.servers.dovecot.fencing import Quiet
from postwarden.servers.dovecot.staging import Staging
from postwarden.servers.dovecot.stored import Stored, with_guids
from postwarden.servers.dovecot.tickets import Place, Since, where

_Target = tuple[str, str]  # account, folder


class Sent(NamedTuple):
    """A ticket with its place read."""

    ticket: Ticket
    place: Place

    @property
    def target(self) -> _Target:
        """Say which account, and which folder, it is for."""
        return self.ticket.account, self.ticket.folder


class Settler:
    """Implements `Route.settle` and `Route.arrived`."""

    def __init__(self, asking: Asking, staging: Staging, copier: Copier, quiet: Quiet) -> None:
        self._asking = asking
        self._staging = staging
        self._copier = copier
        self._quiet = quiet

    def settle(self, tickets: Sequence[Ticket]) -> dict[str, Where]:
        """As `Route.settle`."""
        sent = [Sent(ticket, Place.of(ticket.place)) for ticket in tickets]
        names = self._staging.fence({one.place.stage for one in sent})
        self._quiet.wait({one.place.dovecot for one in sent})
        came = self._came(sent)
        staged = self._staging.staged(names)
        found = self._found(sent, came)
        told = dict.fromkeys(found, Where.ARRIVED)
        there = {(one.place.stage, one.place.uid) for one in sent if one.ticket.key in found}
        self._staging.expunge(names, there & staged)
        left = [one for one in sent if one.ticket.key not in found]
        return told | self._undecided(left, staged)

    def arrived(self, tickets: Sequence[Ticket]) -> Iterator[tuple[Ticket, str | Where]]:
        """As `Route.arrived`."""
        sent = {ticket.key: Sent(ticket, Place.of(ticket.place)) for ticket in tickets}
        homes = self._asking.homes(ticket.account for ticket in tickets)
        missing = [one for one in sent.values() if one.ticket.account not in homes]
        picks = [
            Pick(key, *one.target, one.ticket.guid, since=one.place.uidnext)
            for key, one in sent.items()
            if one.ticket.account in homes
        ]
        for pick, mail in self._copier.bytes_of(picks):
            if mail is None:
                missing.append(sent[pick.id])
            else:
                yield sent[pick.id].ticket, content_hash(mail.content)
        if missing:
            yield from self._arrived_elsewhere(missing)

    def _arrived_elsewhere(self, sent: Sequence[Sent]) -> Iterator[tuple[Ticket, str | Where]]:
        tickets = {one.ticket.key: one.ticket for one in sent}
        found = self._found(sent, self._came(sent))
        yield from ((tickets[key], Where.TAKEN) for key in tickets if key not in found)
        picks = [
            Pick(key, tickets[key].account, one.folder, one.guid, one.uid)
            for key, one in found.items()
        ]
        for pick, mail in self._copier.bytes_of(picks):
            yield (
                tickets[pick.id],
                Where.TAKEN if mail is None else content_hash(mail.content),
            )

    def _came(self, sent: Sequence[Sent]) -> dict[_Target, list[Stored]]:
        first = _first(sent)
        return _read(first, self._asking.stored(_since(first)))

    def _found(
        self, sent: Sequence[Sent], came: Mapping[_Target, Sequence[Stored]]
    ) -> dict[str, Stored]:
        """Give by key what is in the accounts: by GUID as it came, in any folder, or by content."""
        guids = {target: {one.guid: one for one in rows} for target, rows in came.items()}
        found = {
            one.ticket.key: guids[one.target][one.ticket.guid]
            for one in sent
            if one.ticket.guid in guids[one.target]
        }
        left = [one for one in sent if one.ticket.key not in found]
        found |= self._by_guid(left)
        left = [one for one in left if one.ticket.key not in found]
        return found | self._by_content(left, came, {one.guid for one in found.values()})

    def _by_guid(self, sent: Sequence[Sent]) -> dict[str, Stored]:
        by_account: dict[str, list[Sent]] = {}
        for one in sent:
            by_account.setdefault(one.ticket.account, []).append(one)
        queries = [
            Query(account, with_guids(one.ticket.guid for one in some))
            for account, some in by_account.items()
        ]
        return {
            one.ticket.key: row
            for some, rows in zip(by_account.values(), self._asking.stored(queries), strict=True)
            for row in rows
            for one in some
            if one.ticket.guid == row.guid
        }

    def _by_content(
        self,
        sent: Sequence[Sent],
        came: Mapping[_Target, Sequence[Stored]],
        known: set[str],
    ) -> dict[str, Stored]:
        """Find parcels that lost their GUID; each message is that of one parcel at most."""
        alike = {
            (one.ticket.key, row.uid): row
            for one in sent
            for row in came[one.target]
            if (row.size, row.date) == (one.place.size, one.place.date) and row.guid not in known
        }
        by_key = {one.ticket.key: one for one in sent}
        picks = {
            (row.folder, row.uid, by_key[key].ticket.account): Pick(
                f"{key} {row.uid}", by_key[key].ticket.account, row.folder, row.guid, row.uid
            )
            for (key, _), row in alike.items()
        }
        hashes = {
            (pick.account, pick.folder, pick.uid): content_hash(mail.content)
            for pick, mail in self._copier.bytes_of(list(picks.values()))
            if mail is not None
        }
        found: dict[str, Stored] = {}
        for (key, uid), row in alike.items():
            place = (by_key[key].ticket.account, row.folder, uid)
            if key not in found and hashes.get(place) == by_key[key].place.content_hash:
                found[key] = row
                del hashes[place]
        return found

    def _undecided(self, sent: Sequence[Sent], staged: set[tuple[str, int]]) -> dict[str, Where]:
        """Judge by the UIDs that were given away; they are asked for before what is there of them."""
        targets = list(dict.fromkeys(one.target for one in sent))
        known = self._asking.folders(targets)
        came = self._came(sent)
        told: dict[str, Where] = {}
        for target, folders in zip(targets, known, strict=True):
            folder = next((one for one in folders if one.name == target[1]), None)
            some = [one for one in sent if one.target == target]
            missing = [one for one in some if (one.place.stage, one.place.uid) not in staged]
            there = {row.uid for row in came[target]}
            for one in some:
                now = range(one.place.uidnext, folder.uidnext) if folder else range(0)
                since = Since(
                    validity=folder is not None and folder.validity == one.place.validity,
                    gone=len(set(now) - there),
                    missing=len(missing),
                )
                told[one.ticket.key] = where(since, staged=one not in missing)
        return told


def _first(sent: Sequence[Sent]) -> dict[_Target, int]:
    """Give for each folder the least UID that a parcel for it may have."""
    first: dict[_Target, int] = {}
    for one in sent:
        first[one.target] = min(one.place.uidnext, first.get(one.target, one.place.uidnext))
    return first


def _since(first: Mapping[_Target, int]) -> list[Query]:
    """Ask for what came into folders since."""
    return [
        Query(account, ["mailbox", folder, "uid", f"{uid}:*"])
        for (account, folder), uid in first.items()
    ]


def _read(
    first: Mapping[_Target, int], told: Sequence[Sequence[Stored]]
) -> dict[_Target, list[Stored]]:
    """Leave out what is of other folders, or older: "N:*" always has the last message."""
    return {
        target: [one for one in rows if one.folder == target[1] and one.uid >= first[target]]
        for target, rows in zip(first, told, strict=True)
    }
