"""The route to the accounts of one Dovecot, in any mailbox format."""

from collections.abc import Iterator, Mapping, Sequence, Set

from postwarden.relocation.service import (
    Absence,
    Original,
    Parcel,
    PermanentRouteError,
    Room,
    Ticket,
    Wanted,
    Where,
    content_hash,
)
from postwarden.servers.dovecot.api import Answer, Asked, Doveadm, Failure
from postwarden.servers.dovecot.asking import EXISTS, NO_NAME, NO_USER, NOT_FOUND, Asking, status
from postwarden.servers.dovecot.copying import Copier
from postwarden.servers.dovecot.fencing import PROCESSES, Quiet, processes
from postwarden.servers.dovecot.imap import Held, Letter
from postwarden.servers.dovecot.quota import Quotas
from postwarden.servers.dovecot.reading import Reader
from postwarden.servers.dovecot.removing import Remover
from postwarden.servers.dovecot.settling import Settler
from postwarden.servers.dovecot.staging import Login, Staging
from postwarden.servers.dovecot.stored import Folder, is_pattern, uid_set
from postwarden.servers.dovecot.tickets import Place
from postwarden.servers.dovecot.traces import Traces, purged

_Target = tuple[str, str]  # account, folder
_MISSING = frozenset({NO_USER, NOT_FOUND, NO_NAME})


class DovecotRoute:
    """Implements `Route`.

    Nothing is kept between calls but what was read lately and which Dovecot was seen running: another
    process goes on where this one was killed.
    """

    waits = True

    def __init__(
        self,
        name: str,
        doveadm: Doveadm,
        login: Login,
        hosts: Set[str],
        orphans: float = 5.0,
        lazy: str = "",
    ) -> None:
        """Bind it.

        Args:
            name: of the backend, for sentences.
            doveadm: its API, with the seconds that a request may take.
            login: of the staging account.
            hosts: the provider's own, lower case.
            orphans: seconds to wait where Dovecot was started anew since a parcel was staged.
            lazy: Dovecot's setting lazy_expunge; "" where that plugin is not in use.
        """
        self._name = name
        self._asking = Asking(doveadm, name)
        self._traces = Traces(self._asking, lazy)
        self._staging = Staging(login, self._traces.lazy)
        self._quiet = Quiet(self._asking, login.seconds, orphans)
        copier = Copier(self._asking, self._staging)
        self._reader = Reader(self._asking, copier, self._traces, hosts)
        self._remover = Remover(self._asking, copier, self._reader, self._traces, login.account)
        self._settler = Settler(self._asking, self._staging, copier, self._quiet)
        self._quotas = Quotas(self._asking)

    @property
    def name(self) -> str:
        """Say which way it is."""
        return f"dovecot {self._name}"

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
        staged = self._stage([parcel], (*flags, *keywords))
        if parcel.key not in staged:
            raise PermanentRouteError("an account that a copy came from is not there any more")
        return staged[parcel.key]

    def _stage(self, parcels: Sequence[Parcel], flags: Sequence[str]) -> dict[str, Ticket]:
        self._staging.forget({parcel.key for parcel in parcels}.__contains__)
        generation, targets = self._targets(
            list(dict.fromkeys((one.account, one.folder) for one in parcels))
        )
        welcome = [one for one in parcels if (one.account, one.folder) in targets]
        if not welcome:
            return {}
        stage, staged = self._staging.stage(
            {one.key: Letter(one.content, one.internal_date, flags) for one in welcome}
        )
        return {
            one.key: _ticket(
                one, stage, staged[one.key], targets[one.account, one.folder], generation
            )
            for one in welcome
            if one.key in staged
        }

    def _targets(self, wanted: Sequence[_Target]) -> tuple[int, dict[_Target, Folder]]:
        """Give Dovecot's generation, and the folders in which parcels are to arrive.

        Folders that are missing are made. Left out are those that cannot be: of accounts that are not
        there, with names that no namespace has room for.
        """
        named = [one for one in wanted if not is_pattern(one[0])]
        told, *answers = self._asking.told([PROCESSES, *(status(*one) for one in named)], _MISSING)
        found = self._folders(named, answers)
        missing = [
            one
            for one, answer in zip(named, answers, strict=True)
            if one not in found and not (isinstance(answer, Failure) and answer.code == NO_USER)
        ]
        self._asking.told([_made(one) for one in missing], {EXISTS, NO_NAME})
        asked = [status(*one) for one in missing]
        found |= self._folders(missing, self._asking.told(asked, _MISSING))
        self._traces.note(told)
        return processes(told).generation, found

    def _folders(
        self, wanted: Sequence[_Target], answers: Sequence[Answer]
    ) -> dict[_Target, Folder]:
        return {
            (account, folder): one
            for (account, folder), some in zip(
                wanted, self._asking.read_folders(answers), strict=True
            )
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

    def clear(self, keys: Sequence[str], accounts: Sequence[str]) -> None:
        """As `Route.clear`."""
        account = self._staging.account
        self._traces.replicate([account, *accounts])
        if self._staging.forget(lambda key: key.startswith(tuple(keys))):
            self._asking.told([*purged(self._asking.homes([account]), [account])])

    def residue(self) -> Sequence[str]:
        """As `Route.residue`."""
        return [*self._traces.residue(finds_lazy=self._staging.keeps_lazily())]


def _made(target: _Target) -> Asked:
    account, folder = target
    return "mailboxCreate", {"user": account, "mailbox": [folder], "subscriptions": True}


def _ticket(parcel: Parcel, stage: str, staged: Held, target: Folder, generation: int) -> Ticket:
    place = Place(
        stage=stage,
        uid=staged.uid,
        size=staged.size,
        date=staged.date,
        content_hash=content_hash(parcel.content),
        validity=target.validity,
        uidnext=target.uidnext,
        dovecot=generation,
    )
    return Ticket(parcel.key, parcel.account, parcel.folder, staged.guid, place._asdict())
