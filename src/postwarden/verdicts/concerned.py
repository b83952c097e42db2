"""The accounts concerned: who holds wrong copies, whose mail they are, what to do next. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from postwarden.verdicts.facts import Verdict
from postwarden.verdicts.findings import Finding


class NextAct(StrEnum):
    """What to do next about an account."""

    HOLD = "hold-and-examine"  # wrong copies still lie in its mailbox
    FOLLOW = "follow"  # wrong copies left the mailbox: downloaded, forwarded, answered or copied
    TELL = "tell"
    DELIVER = "deliver"  # it lacks its own copy
    CHECK = "check"  # one of several owners lacks a copy, perhaps this one
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Opened:
    """Copies by whether their holder opened them."""

    yes: int = 0
    no: int = 0
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """Misdelivered copies from one original recipient into one mailbox.

    Attributes:
        original: the address the mail was for.
        holder: the account that got it.
        owners: the accounts whose it is; empty where the directory knows nobody.
        lacking: copies whose owners do not all hold their own.
    """

    original: str
    holder: str
    owners: tuple[str, ...]
    copies: int
    opened: Opened
    lacking: int


@dataclass(frozen=True, slots=True)
class Holder:
    """An account with wrong copies in its mailbox; `gone` of them are no longer stored."""

    account: str
    wrong: int
    crossed: int
    opened: Opened
    downloaded: int
    answered: int
    forwarded: int
    copied: int
    second_hand: int
    gone: int
    next: tuple[NextAct, ...]


@dataclass(frozen=True, slots=True)
class Owner:
    """An account whose mail lies with others.

    Attributes:
        elsewhere: copies of its mail in wrong mailboxes.
        opened: those copies by whether their holders opened them.
        messages: how many messages they are copies of.
        lacks: messages that it alone owns and has no copy of.
        may_lack: messages that it owns with others, not all of whom have a copy.
    """

    account: str
    elsewhere: int
    opened: Opened
    messages: int
    lacks: int
    may_lack: int
    next: tuple[NextAct, ...]


def message_of(finding: Finding) -> str:
    """Name the message that a copy is of."""
    return finding.message_id or finding.queue_id or finding.id


def opened_of(findings: Sequence[Finding]) -> Opened:
    """Count copies by whether they were opened."""
    told = Counter(f.exposure.opened for f in findings)
    return Opened(yes=told[True], no=told[False], unknown=told[None])


def flows(wrong: Iterable[Finding]) -> tuple[Flow, ...]:
    """Give the flows of misdelivered copies, the largest first; crossed ones went the right way."""
    groups: defaultdict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in wrong:
        if finding.verdict is Verdict.MISDELIVERED:
            groups[finding.original_recipient or "", finding.account].append(finding)
    flows = (
        Flow(
            original=original,
            holder=holder,
            owners=tuple(sorted({owner for f in group for owner in f.rightful})),
            copies=len(group),
            opened=opened_of(group),
            lacking=sum(f.has_rightful_copy is False for f in group),
        )
        for (original, holder), group in groups.items()
    )
    return tuple(sorted(flows, key=lambda f: (-f.copies, f.original, f.holder)))


def holders(wrong: Iterable[Finding]) -> tuple[Holder, ...]:
    """Give the accounts that hold wrong copies, those with most first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in wrong:
        groups[finding.account].append(finding)
    holders = (_holder(account, group) for account, group in groups.items())
    return tuple(sorted(holders, key=lambda h: (-h.wrong, h.account)))


def _holder(account: str, group: Sequence[Finding]) -> Holder:
    gone = sum(f.gone for f in group)
    acts = [NextAct.HOLD] if gone < len(group) else []
    if any(left(f) for f in group):
        acts.append(NextAct.FOLLOW)
    return Holder(
        account=account,
        wrong=len(group),
        crossed=sum(f.verdict is Verdict.CROSSED for f in group),
        opened=opened_of(group),
        downloaded=sum(f.exposure.downloaded is True for f in group),
        answered=sum(f.exposure.answered is True for f in group),
        forwarded=sum(f.exposure.forwarded is True for f in group),
        copied=sum(f.exposure.copied is True for f in group),
        second_hand=sum(f.second_hand for f in group),
        gone=gone,
        next=(*acts, NextAct.TELL),
    )


def left(finding: Finding) -> bool:
    """Tell whether a copy, or what it says, is known to have left the mailbox."""
    seen = finding.exposure
    return True in (seen.downloaded, seen.answered, seen.forwarded, seen.copied)


def owners(wrong: Iterable[Finding]) -> tuple[Owner, ...]:
    """Give the accounts whose mail the wrong copies are, those with most messages first."""
    groups: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in wrong:
        for account in finding.rightful:
            groups[account].append(finding)
    owners = (_owner(account, group) for account, group in groups.items())
    return tuple(sorted(owners, key=lambda o: (-o.messages, -o.elsewhere, o.account)))


def _owner(account: str, group: Sequence[Finding]) -> Owner:
    missing = [f for f in group if f.has_rightful_copy is False]
    lacks = {message_of(f) for f in missing if f.rightful == (account,)}
    may_lack = {message_of(f) for f in missing} - lacks
    unseen = all(f.exposure.opened is False and f.exposure.listed is False for f in group)
    acts = [act for act, due in ((NextAct.DELIVER, lacks), (NextAct.CHECK, may_lack)) if due]
    if not unseen or acts:
        acts.append(NextAct.TELL)
    return Owner(
        account=account,
        elsewhere=len(group),
        opened=opened_of(group),
        messages=len({message_of(f) for f in group}),
        lacks=len(lacks),
        may_lack=len(may_lack),
        next=tuple(acts) or (NextAct.NOTHING,),
    )
