"""From what an examination found to candidates for a plan: which stored copies are meant, and who had theirs."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from postwarden.evidence.service import Engine
from postwarden.relocation.acts import BY_LMTP
from postwarden.relocation.drafting.weighing import Candidate
from postwarden.relocation.models import CopyRow
from postwarden.relocation.ports import Route, Wanted
from postwarden.relocation.rules import Outcome
from postwarden.sources.service import CopyRecord
from postwarden.verdicts.service import Examination, Finding, Verdict

_MANY = 500


def candidates(
    engine: Engine, examination: Examination, findings: Sequence[Finding]
) -> list[Candidate]:
    """Give what a plan decides about: every copy that is not plainly right, and the right ones that say more."""
    wrong = [one for one in findings if one.verdict is Verdict.MISDELIVERED]
    held = examination.ever_held(wrong)
    stored = _stored(engine, findings)
    undecided = _undecided([one.id for one in findings])
    twins = {one.id: _copy(one, stored.get(_place(one))) for one in _doubled(findings)}
    return [
        _candidate(
            one,
            stored.get(_place(one)),
            held.get(one.id, frozenset()),
            twin=twins.get(one.duplicate_of or ""),
            undecided=one.id in undecided,
        )
        for one in findings
        if _is_asked(one)
    ]


_Place = tuple[str | None, str, str | None, str | None]


def _place(finding: Finding) -> _Place:
    return finding.store, finding.account, finding.folder, finding.file


def _is_asked(finding: Finding) -> bool:
    right = finding.verdict in (Verdict.RIGHTFUL, Verdict.OWN)
    says_more = finding.leaves_out or finding.duplicate_of is not None
    return not finding.settled and (not right or says_more)


def _doubled(findings: Sequence[Finding]) -> list[Finding]:
    """Give the copies that others are duplicates of."""
    names = {one.duplicate_of for one in findings}
    return [one for one in findings if one.id in names]


def _candidate(
    finding: Finding,
    record: CopyRecord | None,
    held: frozenset[str],
    *,
    twin: Wanted | None,
    undecided: bool,
) -> Candidate:
    if record is None:
        return Candidate(finding, held=held, undecided=undecided)
    return Candidate(
        finding,
        _copy(finding, record),
        size=record.size,
        body=record.content_hash or str(record.size - record.header_size),
        flags=record.flags,
        state=record.state,
        held=held,
        undecided=undecided,
        twin=twin,
    )


def _copy(finding: Finding, record: CopyRecord | None) -> Wanted | None:
    if record is None:
        return None
    return Wanted(
        id=finding.id,
        account=finding.account,
        folder=record.folder,
        file=record.file,
        guid=record.guid,
        uid=record.uid,
        header_hash=record.header_hash,
    )


def _stored(engine: Engine, findings: Sequence[Finding]) -> Mapping[_Place, CopyRecord]:
    named = {"account": pa.string(), "file": pa.string()}
    files = engine.given(named, [(one.account, one.file) for one in findings if one.file])
    theirs = engine.tables["copies"].semi_join(files, ["account", "file"])
    return {
        (one.store, one.account, one.folder, one.file): one
        for one in engine.records(theirs, CopyRecord)
    }


def _undecided(findings: Sequence[str]) -> set[str]:
    """Give those findings that an earlier plan left to a person."""
    found: set[str] = set()
    for start in range(0, len(findings), _MANY):
        some = findings[start : start + _MANY]
        rows = CopyRow.objects.filter(finding__in=some, outcome=Outcome.NEEDS_PERSON)
        found.update(rows.values_list("finding", flat=True))
    return found


class Homes(NamedTuple):
    """Where mailboxes are.

    Attributes:
        stores: by account; none of those that have no mailbox anywhere.
        several: accounts with more than one, so that nobody knows where their owner looks.
        left: bytes that those have left of a quota that is known.
    """

    stores: Mapping[str, str]
    several: frozenset[str]
    left: Mapping[str, int]


def stores_of(
    routes: Mapping[str, Route],
    accounts: Collection[str],
    known: Mapping[str, Collection[str]],
    *,
    by_lmtp: bool = False,
) -> Homes:
    """Give the store where each account's mailbox is: where evidence has its mail.

    Backends with one user database know all its accounts, wherever their mail is: they are asked only
    about an account of which evidence has none, and believed where one alone knows it.

    Args:
        routes: by store.
        accounts: whose.
        known: stores where evidence has mail of an account.
        by_lmtp: reach those that are in none by LMTP.
    """
    asked = sorted(set(accounts))
    rooms = {store: routes[store].rooms(asked) for store in sorted(routes) if store != BY_LMTP}
    stores: dict[str, str] = {}
    several = set()
    for account in asked:
        where = sorted(known.get(account, ())) or sorted(rooms)
        there = [one for one in where if one not in rooms or rooms[one][account].exists]
        ways = {id(routes[one]) if one in rooms else one for one in there}
        if len(ways) == 1:
            stores[account] = there[0]
        elif ways:
            several.add(account)
    if by_lmtp and BY_LMTP in routes:
        rest = [one for one in asked if stores.get(one) not in rooms and one not in several]
        found = routes[BY_LMTP].rooms(rest)
        stores |= {account: BY_LMTP for account in rest if found[account].exists}
    left = {
        account: room.bytes_left
        for account, store in stores.items()
        if store in rooms and (room := rooms[store][account]).bytes_left is not None
    }
    return Homes(stores, frozenset(several), left)


def known_stores(engine: Engine, accounts: Collection[str]) -> Mapping[str, Collection[str]]:
    """Give in which stores evidence has mail of each account."""
    copies = engine.tables["copies"].semi_join(engine.named("account", sorted(accounts)), "account")
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in engine.table(copies.select("account", "store").distinct()).to_pylist():
        found[row["account"]].append(row["store"])
    return found
