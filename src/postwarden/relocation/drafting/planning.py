"""What is to be done about each copy that an examination found (pure)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from postwarden.relocation.acts import INBOX, Goal, Repair
from postwarden.relocation.ports import Wanted
from postwarden.relocation.rules import Why
from postwarden.verdicts.service import Finding, Verdict

_ENCRYPTED = "encrypted"
_READ = "read"
_ANSWERED = "R"


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever asks for a repair chooses, for the officer who approves it.

    Attributes:
        folder: where messages arrive; `acts.BY_FILTER`: where owners' filters say.
        clean: without what their trace says of the wrong holder.
        answered: take copies away, too, that their holder has answered.
        by_lmtp: deliver by LMTP to accounts that no other way leads to.
    """

    folder: str = INBOX
    clean: bool = False
    answered: bool = False
    by_lmtp: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A copy that an examination did not find right.

    Attributes:
        finding: the verdict.
        copy: as evidence has it stored; None: it is gone.
        size: bytes.
        flags: Maildir letters.
        state: whether it could be read (`CopyRecord.state`).
        held: its rightful accounts that ever held their own.
        undecided: an earlier plan waits for a person about it.
    """

    finding: Finding
    copy: Wanted | None = None
    size: int = 0
    flags: str = ""
    state: str = _READ
    held: frozenset[str] = frozenset()
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is live.

    Attributes:
        preserved: accounts whose stored mail must stay as it is.
        stores: where the mailbox of an account is; nothing of those that have none.
        routes: stores that there is a way to.
    """

    preserved: frozenset[str]
    stores: Mapping[str, str]
    routes: frozenset[str]


def plan(candidates: Iterable[Candidate], around: Surroundings, wish: Wish) -> list[Repair]:
    """Give a repair for each copy, in the order of holders.

    Several wrong copies of one message name the same rightful accounts: each account gets it from the
    first of them that arrives, and from no other (`batch`). A holder to whom the same message was meant
    to come by another of its recipients, and who has no copy of that, keeps the wrong one as theirs.
    """
    ordered = sorted(candidates, key=lambda one: (one.finding.account, one.finding.id))
    keeping = _keeping(ordered)
    return [_repair(one, keeping, around, wish) for one in ordered]


class _Keeping(NamedTuple):
    """Who keeps a wrong copy as their own: which copies, and whom by message."""

    copies: frozenset[str]
    accounts: Mapping[str, frozenset[str]]


def _keeping(candidates: Sequence[Candidate]) -> _Keeping:
    lacking: defaultdict[str, set[str]] = defaultdict(set)
    for one in candidates:
        if one.finding.message_id is not None:
            lacking[one.finding.message_id].update(set(one.finding.lacking) - one.held)
    copies: dict[tuple[str, str], str] = {}
    for one in candidates:
        message, account = one.finding.message_id, one.finding.account
        if one.copy is not None and message is not None and account in lacking[message]:
            copies.setdefault((message, account), one.finding.id)
    accounts: defaultdict[str, set[str]] = defaultdict(set)
    for message, account in copies:
        accounts[message].add(account)
    named = {message: frozenset(some) for message, some in accounts.items()}
    return _Keeping(frozenset(copies.values()), named)


def _repair(one: Candidate, keeping: _Keeping, around: Surroundings, wish: Wish) -> Repair:
    finding = one.finding
    copy = one.copy or Wanted(
        finding.id, finding.account, finding.folder or "", finding.file or "", None, None, ""
    )
    have = one.held | keeping.accounts.get(finding.message_id or "", frozenset())
    goals = [a for a in finding.rightful if a in finding.lacking and a not in have]
    kept = tuple(account for account in finding.rightful if account not in goals)
    why = next((why for why, fits in _REASONS if fits(one, goals, around, wish)), None)
    if why is None and finding.id in keeping.copies:
        why = Why.HOLDERS_TOO
    return Repair(
        copy=copy,
        store=finding.store or "",
        size=one.size,
        goals=() if why else tuple(Goal(account, around.stores[account]) for account in goals),
        kept=kept,
        folder=wish.folder,
        clean=wish.clean,
        message=finding.message_id or "",
        queue=finding.queue_id or "",
        why=why,
    )


_Reason = Callable[[Candidate, Sequence[str], Surroundings, Wish], bool]


def _unrouted(one: Candidate, goals: Sequence[str], around: Surroundings, _: Wish) -> bool:
    stores = {one.finding.store, *(around.stores[account] for account in goals)}
    return not stores <= around.routes


_REASONS: Sequence[tuple[Why, _Reason]] = (
    (Why.CROSSED, lambda one, *_: one.finding.verdict is Verdict.CROSSED),
    (Why.UNEXPLAINED, lambda one, *_: one.finding.verdict is not Verdict.MISDELIVERED),
    (Why.NOT_STORED, lambda one, *_: one.copy is None),
    (Why.UNDECIDED, lambda one, *_: one.undecided),
    (Why.PRESERVED, lambda one, _, around, __: one.finding.account in around.preserved),
    (Why.ENCRYPTED, lambda one, *_: one.state == _ENCRYPTED),
    (Why.UNREADABLE, lambda one, *_: one.state != _READ),
    (Why.ANSWERED, lambda one, _, __, wish: _ANSWERED in one.flags and not wish.answered),
    (Why.NOBODY, lambda one, *_: not one.finding.rightful),
    (Why.NO_MAILBOX, lambda _, goals, around, __: not around.stores.keys() >= set(goals)),
    (Why.NO_ROUTE, _unrouted),
)
"""Why a copy is left, the first that fits."""
