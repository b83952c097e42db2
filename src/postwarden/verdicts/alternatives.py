"""What another address map would do: a faulty one that was live, or a new one that will be.

Pure but for the resolvers' look-ups. The other map takes the place of one table of the directory as
intended; everything else of the directory stays.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from postwarden.sources.service import EntryLookup, EntryRecord, Resolver
from postwarden.verdicts.facts import Verdict
from postwarden.verdicts.findings import Finding
from postwarden.vocabulary import Provider


class Concern(StrEnum):
    """How surely an address or account is concerned by a fault."""

    CERTAIN = "certain"  # mail was misdelivered that way
    POSSIBLE = "possible"  # the map leads elsewhere, but no misdelivered mail was found
    EXCLUDED = "excluded"  # the map changes nothing for it


@dataclass(frozen=True, slots=True)
class Change:
    """An address that the other map leads elsewhere.

    Attributes:
        gained: accounts that it reaches by the other map only.
        lost: accounts that it reaches as intended only.
    """

    address: str
    gained: tuple[str, ...]
    lost: tuple[str, ...]
    concern: Concern = Concern.POSSIBLE
    found: int = 0


@dataclass(frozen=True, slots=True)
class ConcernedAccount:
    """An account that a fault could concern, and by which addresses."""

    account: str
    concern: Concern
    holds_for: tuple[str, ...]
    lacks_from: tuple[str, ...]
    found: int


@dataclass(frozen=True, slots=True)
class FaultReport:
    """What a faulty map could have done, held against what was found.

    Attributes:
        changes: addresses that it leads elsewhere.
        accounts: certain ones first.
        excluded: how many accounts it cannot concern.
        explained: misdelivered copies that it explains.
        unexplained: ids of misdelivered copies that it does not explain.
    """

    changes: tuple[Change, ...]
    accounts: tuple[ConcernedAccount, ...]
    excluded: int
    explained: int
    unexplained: tuple[str, ...]


def replaced(
    entries: Iterable[EntryRecord], instead_of: str, others: Iterable[EntryRecord]
) -> list[EntryRecord]:
    """Give a directory's entries with one table's lines (those of a file) replaced by others."""
    kept = list(entries)
    place = next(
        (entry.table for entry in kept if entry.file == instead_of and entry.role == "alias"), 0
    )
    directory = kept[0].directory if kept else 0
    return [entry for entry in kept if entry.file != instead_of or entry.role != "alias"] + [
        entry._replace(directory=directory, role="alias", table=place) for entry in others
    ]


def resolver_of(provider: Provider, home_domain: str, entries: Collection[EntryRecord]) -> Resolver:
    """Give the resolver of entries held in memory."""
    expressions = [entry for entry in entries if entry.kind == "regexp"]
    return Resolver(provider, home_domain, EntryLookup(entries), expressions)


def keys_of(entries: Iterable[EntryRecord]) -> set[str]:
    """Give the addresses that literal entries name; a pattern's addresses cannot be listed."""
    return {
        entry.key
        for entry in entries
        if entry.kind != "regexp"
        and entry.role in ("account", "alias")
        and not entry.key.startswith("@")
    }


def changes(intended: Resolver, other: Resolver, addresses: Collection[str]) -> list[Change]:
    """Compare where addresses lead by both maps; give those that differ, sorted."""
    before = intended.resolve(addresses)
    after = other.resolve(addresses)
    found = []
    for address in sorted(addresses):
        old, new = set(before[address].accounts), set(after[address].accounts)
        if old != new:
            found.append(Change(address, tuple(sorted(new - old)), tuple(sorted(old - new))))
    return found


def fault_report(
    changed: Sequence[Change], findings: Iterable[Finding], accounts: int
) -> FaultReport:
    """Hold the changes against the findings; `accounts` is how many accounts there are."""
    by_address = {change.address: change for change in changed}
    explained: Counter[str] = Counter()
    holders: Counter[str] = Counter()
    unexplained: list[str] = []
    for finding in findings:
        if finding.verdict is not Verdict.MISDELIVERED:
            continue
        change = explaining(finding, by_address)
        if change is None:
            unexplained.append(finding.id)
            continue
        explained[change.address] += 1
        holders.update({finding.account, *finding.rightful})
    weighed = tuple(
        Change(c.address, c.gained, c.lost, _concern(explained[c.address]), explained[c.address])
        for c in changed
    )
    concerned = _accounts(weighed, holders)
    return FaultReport(
        changes=weighed,
        accounts=concerned,
        excluded=max(0, accounts - len(concerned)),
        explained=explained.total(),
        unexplained=tuple(sorted(unexplained)),
    )


def explaining(finding: Finding, by_address: Mapping[str, Change]) -> Change | None:
    """Find the change that explains a misdelivered copy; second-hand ones came by another's act."""
    for address in finding.original_recipients:
        change = by_address.get(address)
        if change and (finding.account in change.gained or finding.second_hand):
            return change
    return None


def _concern(found: int) -> Concern:
    return Concern.CERTAIN if found else Concern.POSSIBLE


def _accounts(changed: Iterable[Change], found: Counter[str]) -> tuple[ConcernedAccount, ...]:
    holds: defaultdict[str, list[str]] = defaultdict(list)
    lacks: defaultdict[str, list[str]] = defaultdict(list)
    for change in changed:
        for account in change.gained:
            holds[account].append(change.address)
        for account in change.lost:
            lacks[account].append(change.address)
    concerned = [
        ConcernedAccount(
            account,
            _concern(found[account]),
            tuple(holds[account]),
            tuple(lacks[account]),
            found[account],
        )
        for account in sorted(holds.keys() | lacks.keys() | found.keys())
    ]
    return tuple(
        sorted(concerned, key=lambda one: (one.concern is not Concern.CERTAIN, one.account))
    )
