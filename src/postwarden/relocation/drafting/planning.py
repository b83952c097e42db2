"""What is to be done about each copy that an examination found (pure)."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from postwarden.relocation.acts import INBOX, Goal, Repair
from postwarden.relocation.drafting.sharing import Stray, shared
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
        body: its hash where there is one, else its size: copies that share neither are never taken for one.
        flags: Maildir letters.
        state: whether it could be read (`CopyRecord.state`).
        held: its rightful accounts that ever held their own.
        undecided: an earlier plan waits for a person about it.
    """

    finding: Finding
    copy: Wanted | None = None
    size: int = 0
    body: str = ""
    flags: str = ""
    state: str = _READ
    held: frozenset[str] = frozenset()
    undecided: bool = False

    @property
    def lacking(self) -> Sequence[str]:
        """Its rightful accounts that neither hold nor ever held their own."""
        theirs = set(self.finding.lacking) - self.held
        return [account for account in self.finding.rightful if account in theirs]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is live.

    Attributes:
        preserved: accounts whose stored mail must stay as it is.
        stores: where the mailbox of an account is; nothing of those that have none.
        routes: stores that there is a way to.
        several: accounts with mailboxes in several stores.
    """

    preserved: frozenset[str]
    stores: Mapping[str, str]
    routes: frozenset[str]
    several: frozenset[str] = frozenset()


def plan(candidates: Iterable[Candidate], around: Surroundings, wish: Wish) -> list[Repair]:
    """Give a repair for each copy, in the order of holders.

    Several wrong copies of one message name the same rightful accounts: each account gets it from the
    first of them that arrives, and from no other (`batch`). A holder to whom the same message was meant
    to come by another of its recipients keeps the wrong one as theirs, or gets one (`sharing`). Copies
    are of one message that share Message-ID, the sender's header block and what is known of their bodies.
    """
    ordered = sorted(candidates, key=lambda one: (one.finding.account, one.finding.id))
    gone: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    messages: defaultdict[tuple[str, ...], list[Candidate]] = defaultdict(list)
    for one in ordered:
        if one.copy is None:
            gone[_queue_file(one)].update(one.lacking)
        else:
            name = one.finding.message_id
            same = (name, one.copy.header_hash, one.body) if name else (one.finding.id,)
            messages[same].append(one)
    repairs: dict[str, Repair] = {}
    for some in messages.values():
        files = {_queue_file(one) for one in some}
        lacking = {account for file in files if all(file) for account in gone.get(file, ())}
        lacking.update(account for one in some for account in one.lacking)
        for repair in _repairs(some, lacking, around, wish):
            repairs[repair.copy.id] = repair
    return [
        repairs.get(one.finding.id) or _repair(one, one.lacking, _left(one, (), around, wish), wish)
        for one in ordered
    ]


def _queue_file(one: Candidate) -> tuple[str, str]:
    return one.finding.message_id or "", one.finding.queue_id or ""


def _repairs(
    some: Sequence[Candidate], lacking: Collection[str], around: Surroundings, wish: Wish
) -> Iterator[Repair]:
    """Decide about the stored copies of one message, which so many lack."""
    whys = {}
    for one in some:
        theirs = [one.finding.account] if one.finding.account in lacking else []
        whys[one.finding.id] = _left(one, [*one.lacking, *theirs], around, wish)
    strays = [
        Stray(one.finding.id, one.finding.account, one.lacking, whys[one.finding.id] is not None)
        for one in some
    ]
    shares = shared(strays, lacking)
    for one in some:
        finding = one.finding
        keeps = shares.keepers.get(finding.account) == finding.id
        why = Why.HOLDERS_TOO if keeps else whys[finding.id]
        missing = [account for account in one.lacking if account not in shares.keepers]
        accounts = shares.goals.get(finding.id, missing)
        goals = [Goal(a, around.stores[a]) for a in accounts] if why is None else []
        yield _repair(one, accounts, why, wish, goals)


def _repair(
    one: Candidate,
    lacking: Collection[str],
    why: Why | None,
    wish: Wish,
    goals: Iterable[Goal] = (),
) -> Repair:
    finding = one.finding
    copy = one.copy or Wanted(
        finding.id, finding.account, finding.folder or "", finding.file or "", None, None, ""
    )
    return Repair(
        copy=copy,
        store=finding.store or "",
        size=one.size,
        goals=tuple(goals),
        kept=tuple(account for account in finding.rightful if account not in lacking),
        folder=wish.folder,
        clean=wish.clean,
        message=finding.message_id or "",
        queue=finding.queue_id or "",
        why=why,
    )


def _left(one: Candidate, goals: Sequence[str], around: Surroundings, wish: Wish) -> Why | None:
    return next((why for why, fits in _REASONS if fits(one, goals, around, wish)), None)


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
    (Why.SEVERAL_MAILBOXES, lambda _, goals, around, __: not around.several.isdisjoint(goals)),
    (Why.NO_MAILBOX, lambda _, goals, around, __: not around.stores.keys() >= set(goals)),
    (Why.NO_ROUTE, _unrouted),
)
"""Why a copy is left, the first that fits."""
