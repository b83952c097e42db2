"""Accounts that a message was meant for by a group address, and that no server ever tried to give it (pure).

A wrong map that leads a group to some of its own members puts nothing into a wrong mailbox: what these hold
is theirs, and the others have nothing. They are known by the queue file alone: an address of it that the
directory led to an account, though no line of it names that account.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from postwarden.sources.service import DeliveryRecord
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.facts import Citation, Destination, Reason
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.queuefiles import QueueFiles


class LeftOut(NamedTuple):
    """Whom one address of one message does not reach.

    Attributes:
        file: the queue file that stands for all that this one went on as.
        address: the original recipient.
        meant: accounts that it leads to as intended.
        accounts: those of them that were left out.
        citations: of its delivery lines and of the directory.
    """

    file: str
    address: str
    meant: frozenset[str]
    accounts: frozenset[str]
    citations: tuple[Citation, ...]


def left_out(files: QueueFiles, queue_id: str, destinations: Destinations) -> Iterator[LeftOut]:
    """Give whom each address of a queue file does not reach, though it was meant to.

    Nobody is left out whom any line names, as it may still come, or came back to its sender; nor where
    lines are missing, as these may name them; nor by an address of which a delivery is not done.
    """
    lines = files.lines(queue_id)
    if not lines or not names_all(lines):
        return
    tried = files.tried(queue_id, destinations.account_of)
    for address, theirs in _by_address(lines).items():
        where = destinations.destination(address, theirs[0].accepted_at)
        missing = where.accounts - tried
        if missing and _is_decided(where) and _is_done(theirs):
            cited = tuple(Citation(line.file, line.line) for line in theirs)
            citations = (*cited, *where.citations)
            yield LeftOut(files.first(queue_id), address, where.accounts, missing, citations)


def names_all(lines: Sequence[DeliveryRecord]) -> bool:
    """Tell whether the logs name every recipient of these queue files."""
    named: defaultdict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
    counted: defaultdict[str, set[int]] = defaultdict(set)
    for line in lines:
        name = line.queue_id or ""
        counted[name] |= set() if line.recipients is None else {line.recipients}
        if line.recipient is not None:
            named[name].add((line.recipient, line.original_recipient))
    return all(some and len(named[name]) >= max(some) for name, some in counted.items())


def _is_done(lines: Iterable[DeliveryRecord]) -> bool:
    """Tell whether what was said last of each recipient is that it was delivered."""
    ordered = sorted(lines, key=lambda line: (line.time, line.file, line.line))
    last = {line.recipient: line for line in ordered}
    return all(line.status == "sent" for line in last.values())


def _by_address(lines: Iterable[DeliveryRecord]) -> dict[str, list[DeliveryRecord]]:
    found: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
    for line in lines:
        address = line.original_recipient or line.recipient
        if address is not None:
            found[address].append(line)
    return found


def _is_decided(where: Destination) -> bool:
    return where.covered and where.known and not where.foreign and not where.managed


def with_left_out(
    sources: Iterable[tuple[Finding, Sequence[LeftOut]]],
    has: Callable[[Finding, str], bool],
) -> Iterator[Finding]:
    """Let one rightful copy of each message and address name those who were left out.

    Args:
        sources: rightful copies, each with all that its message left out.
        has: tells whether an account has the message of a copy, or had it: stored, or by a repair.

    Yields:
        Every copy once; `lacking` has the accounts for whom it is the first that came for their address.
    """
    told: set[tuple[str, str]] = set()
    for finding, some in sorted(sources, key=lambda one: (one[0].account, one[0].id)):
        mine = []
        for one in some:
            key = one.file, one.address
            if one.address in finding.original_recipients and key not in told:
                told.add(key)
                mine.append(one)
        lacking = {a for one in mine for a in one.accounts if not has(finding, a)}
        yield _naming(finding, mine, lacking) if lacking else finding


def _naming(finding: Finding, some: Sequence[LeftOut], lacking: Collection[str]) -> Finding:
    meant = {account for one in some for account in one.meant}
    reasons = tuple(
        Reason(
            "left-out",
            (("address", one.address), ("accounts", ", ".join(sorted(one.accounts & {*lacking})))),
            one.citations,
        )
        for one in some
        if not one.accounts.isdisjoint(lacking)
    )
    return replace(
        finding,
        rightful=tuple(sorted({finding.account, *meant})),
        lacking=tuple(sorted(lacking)),
        has_rightful_copy=False,
        reasons=(*finding.reasons, *reasons),
    )
