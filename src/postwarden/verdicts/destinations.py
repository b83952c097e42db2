"""Where the intended directory brings an address at the time its mail was accepted."""

from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain

from postwarden.evidence.service import Validity
from postwarden.sources.service import Lookup, Resolution, Resolver
from postwarden.verdicts.facts import Citation, Destination
from postwarden.vocabulary import Address, Moment, VocabularyError, split_extension

CAPTURED = "captured-by-catch-all"
"""The resolver's word for an account that a catch-all leaves without its own mail: nobody intends
that, so the account stays entitled to it."""

_NOWHERE = Destination(covered=False)


@dataclass(slots=True)
class Destinations:
    """Answers for several directories, each valid for a time; remembers what it resolved.

    Attributes:
        directories: each with its validity and its literal entries, as configured.
        delimiters: `recipient_delimiter`.
        boxes: gives those of some names that are accounts with a mailbox, whether the directory
            knows them or not.
    """

    directories: Sequence[tuple[Validity, Resolver, Lookup]]
    delimiters: str
    boxes: Callable[[Collection[str]], Set[str]] = frozenset[str]().intersection
    _resolved: dict[tuple[int, str], Resolution] = field(default_factory=dict)
    _known: dict[tuple[int, str], Destination] = field(default_factory=dict)
    _accounts: dict[tuple[int, str], str | None] = field(default_factory=dict)

    def prefetch(self, asked: Iterable[tuple[str, Moment | None]]) -> None:
        """Resolve many addresses at once; later questions for them cost no look-up."""
        wanted: dict[int, set[str]] = {}
        for address, moment in asked:
            index = self._index(moment)
            if index is not None and (index, address) not in self._resolved:
                wanted.setdefault(index, set()).add(address)
        for index, addresses in wanted.items():
            self._resolve(index, addresses)

    def prefetch_accounts(self, asked: Iterable[tuple[str, Moment | None]]) -> None:
        """Name the accounts of many final recipients at once, as `account_of` does one by one."""
        wanted: dict[int, set[str]] = {}
        for address, moment in asked:
            index = self._index(moment)
            if index is None:
                index = len(self.directories) - 1
            if (index, address) not in self._accounts:
                wanted.setdefault(index, set()).add(address)
        for index, addresses in wanted.items():
            self._account_names(index, addresses)

    def destination(self, address: str, moment: Moment | None) -> Destination:
        """Give where an original recipient was meant to go when it was accepted."""
        index = self._index(moment)
        if index is None:
            return _NOWHERE
        known = self._known.get((index, address))
        if known is None:
            known = self._known[index, address] = self._destination(index, address)
        return known

    def later_names(self, accounts: Collection[str], moment: Moment | None) -> frozenset[str]:
        """Give what accounts of that time are called that were renamed since; nothing of the others."""
        index = self._index(moment)
        return frozenset() if index is None else self._later_names(index, frozenset(accounts))

    def account_of(self, address: str, moment: Moment | None) -> str | None:
        """Give the account that a final recipient (after all aliases) names, as the store does."""
        index = self._index(moment)
        if index is None:
            index = len(self.directories) - 1
        if (index, address) not in self._accounts:
            self._account_names(index, (address,))
        return self._accounts[index, address]

    def _account_names(self, index: int, addresses: Collection[str]) -> None:
        lookup = self.directories[index][2]
        names = {address: list(self._names(lookup, address)) for address in addresses}
        found = lookup.find("account", set(chain.from_iterable(names.values())))
        unlisted = []
        for address, spellings in names.items():
            entries = chain.from_iterable(found.get(name, ()) for name in spellings)
            listed = next((entry.values.partition("\n")[0] for entry in entries), None)
            if listed is None:
                unlisted.append(address)
            else:
                self._accounts[index, address] = listed
        boxes = self.boxes(set(chain.from_iterable(names[address] for address in unlisted)))
        for address in unlisted:
            own = (name for name in names[address] if name in boxes)
            self._accounts[index, address] = next(own, None)

    def _names(self, lookup: Lookup, address: str) -> Iterable[str]:
        yield address
        try:
            local, domain = Address.parse(address)
        except VocabularyError:
            yield split_extension(address, self.delimiters)[0]
            return
        user = split_extension(local, self.delimiters)[0]
        yield str(Address(user, domain))
        for entries in lookup.find("domain", (domain,)).values():
            yield str(Address(user, entries[0].values))
        yield user

    def _index(self, moment: Moment | None) -> int | None:
        for index in reversed(range(len(self.directories))):
            validity = self.directories[index][0]
            if moment is None or _covers(validity, moment):
                return index
        return None

    def _resolve(self, index: int, addresses: Collection[str]) -> None:
        for address, resolution in self.directories[index][1].resolve(addresses).items():
            self._resolved[index, address] = resolution

    def _destination(self, index: int, address: str) -> Destination:
        if (index, address) not in self._resolved:
            self._resolve(index, (address,))
        found = self._resolved[index, address]
        accounts = frozenset(found.accounts)
        captured = {p.subject for p in found.problems if p.code == CAPTURED}
        return Destination(
            accounts=accounts | self._later_names(index, accounts),
            entitled=frozenset(found.bcc_accounts) | captured,
            known=not found.unknown,
            foreign=found.foreign,
            managed=bool(found.commands),
            citations=tuple(Citation(step.file, step.line) for step in found.steps if step.file),
        )

    def _later_names(self, index: int, accounts: frozenset[str]) -> frozenset[str]:
        """Follow accounts that were renamed since: gone as accounts, their address leads on."""
        last = len(self.directories) - 1
        if index == last:
            return frozenset()
        here = self.directories[last][2].find("account", accounts)
        gone = [account for account in accounts if account not in here]
        return frozenset(
            later
            for resolution in self.directories[last][1].resolve(gone).values()
            for later in resolution.accounts
        )


def _covers(validity: Validity, moment: Moment) -> bool:
    begun = validity.valid_from is None or validity.valid_from <= moment
    return begun and (validity.valid_to is None or moment < validity.valid_to)
