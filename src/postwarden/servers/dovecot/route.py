"""The route to the accounts of one Dovecot, in any mailbox format."""

from collections.abc import Iterator, Mapping, Sequence, Set

from postwarden.relocation.service import (
    Absence,
    Original,
    Parcel,
    Room,
    Ticket,
    Wanted,
    Where,
    content_hash,
)
from postwarden.servers.dovecot.api import Doveadm
from postwarden.servers.dovecot.asking import EXISTS, Asking
from postwarden.servers.dovecot.copying import Copier
from postwarden.servers.dovecot.fencing import Quiet
from postwarden.servers.dovecot.imap import Letter
from postwarden.servers.dovecot.quota import Quotas
from postwarden.servers.dovecot.reading import Reader
from postwarden.servers.dovecot.removing import Remover
from postwarden.servers.dovecot.settling import Settler
from postwarden.servers.dovecot.staging import Login, Staging
from postwarden.servers.dovecot.stored import Folder, Stored, uid_set
from postwarden.servers.dovecot.tickets import Place


class DovecotRoute:
    """Implements `Route`.

    Nothing is kept between calls but what was read lately and which Dovecot was seen running: another
    process goes on where this one was killed.
    """

    def __init__(
        self,
        name: str,
        doveadm: Doveadm,
        login: Login,
        hosts: Set[str],
        orphans: float = 5.0,
    ) -> None:
        """Bind it.

        Args:
            name: of the backend, for sentences.
            doveadm: its API, with the seconds that a request may take.
            login: of the staging account.
            hosts: the provider's own, lower case.
            orphans: seconds to wait where Dovecot was started anew since a parcel was staged.
        """
        self._asking = Asking(doveadm, name)
        self._staging = Staging(self._asking, login)
        self._quiet = Quiet(self._asking, login.seconds, orphans)
        copier = Copier(self._asking, self._staging)
        self._reader = Reader(self._asking, copier, hosts)
        self._remover = Remover(self._asking, copier, self._reader)
        self._settler = Settler(self._asking, self._staging, copier, self._quiet)
        self._quotas = Quotas(self._asking)

    @property
    def name(self) -> str:
        """Say which way it is."""
        return "dovecot"

    def rooms(self, accounts: Sequence[str]) -> Mapping[str, Room]:
        """As `Route.rooms`."""
        return self._quotas.rooms(accounts)

    def read(self, copies: Sequence[Wanted]) -> Iterator[tuple[Wanted, Original | Absence]]:
        """As `Route.read`."""
        return self._reader.read(copies)

    def stage(self, parcels: Sequence[Parcel]) -> Mapping[str, Ticket]:
        """As `Route.stage`; without those of accounts that are not there, or that IMAP would change."""
        return self._stage(parcels, ())

    def restore(self, parcel: Parcel, flags: Sequence[str], keywords: Sequence[str]) -> Ticket:
        """As `Route.restore`."""
        return self._stage([parcel], (*flags, *keywords))[parcel.key]

    def _stage(self, parcels: Sequence[Parcel], flags: Sequence[str]) -> dict[str, Ticket]:
        self._staging.forget({parcel.key for parcel in parcels}.__contains__)
        homes = self._asking.homes(parcel.account for parcel in parcels)
        welcome = [parcel for parcel in parcels if parcel.account in homes]
        if not welcome:
            return {}
        generation = self._quiet.generation()
        targets = self._targets([(one.account, one.folder) for one in welcome])
        letters = {one.key: Letter(one.content, one.internal_date, flags) for one in welcome}
        staged = self._staging.stage(letters)
        return {
            one.key: _ticket(one, staged[one.key], targets[one.account, one.folder], generation)
            for one in welcome
            if one.key in staged
        }

    def _targets(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Folder]:
        """Give the folders in which parcels are to arrive; those that are missing are made."""
        found = self._folders(list(dict.fromkeys(wanted)))
        missing = [one for one in dict.fromkeys(wanted) if one not in found]
        if missing:
            made = {"subscriptions": True}
            self._asking.told(
                [
                    ("mailboxCreate", {"user": account, "mailbox": [folder], **made})
                    for account, folder in missing
                ],
                {EXISTS},
            )
            found |= self._folders(missing)
        return found

    def _folders(self, wanted: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Folder]:
        return {
            (account, folder): one
            for (account, folder), some in zip(wanted, self._asking.folders(wanted), strict=True)
            for one in some
            if one.name == folder
        }

    def publish(self, tickets: Sequence[Ticket]) -> None:
        """As `Route.publish`: one move for each folder in which parcels are to arrive."""
        names = self._staging.names()
        moves: dict[tuple[str, str, str], list[int]] = {}
        for ticket in tickets:
            place = Place.of(ticket.place)
            if place.stage in names:
                target = (ticket.account, ticket.folder, names[place.stage])
                moves.setdefault(target, []).append(place.uid)
        self._asking.act(
            [
                (
                    "move",
                    {
                        "user": account,
                        "destinationMailbox": folder,
                        "sourceType": "user",
                        "sourceUser": self._staging.account,
                        "query": ["mailbox", stage, "uid", uid_set(uids)],
                    },
                )
                for (account, folder, stage), uids in moves.items()
            ]
        )

    def settle(self, tickets: Sequence[Ticket]) -> Mapping[str, Where]:
        """As `Route.settle`."""
        return self._settler.settle(tickets)

    def arrived(self, tickets: Sequence[Ticket]) -> Iterator[tuple[Ticket, str | Where]]:
        """As `Route.arrived`."""
        return self._settler.arrived(tickets)

    def remove(self, copies: Sequence[tuple[Wanted, str]]) -> Mapping[str, Absence | None]:
        """As `Route.remove`."""
        return self._remover.remove(copies)

    def clear(self, keys: Sequence[str]) -> None:
        """As `Route.clear`."""
        self._staging.forget(lambda key: key.startswith(tuple(keys)))

    def residue(self) -> Sequence[str]:
        """As `Route.residue`."""
        return self._quotas.residue()


def _ticket(parcel: Parcel, staged: Stored, target: Folder, generation: int) -> Ticket:
    place = Place(
        stage=staged.folder_guid,
        uid=staged.uid,
        size=staged.size,
        date=staged.date,
        content_hash=content_hash(parcel.content),
        validity=target.validity,
        uidnext=target.uidnext,
        dovecot=generation,
    )
    return Ticket(parcel.key, parcel.account, parcel.folder, staged.guid, place._asdict())
