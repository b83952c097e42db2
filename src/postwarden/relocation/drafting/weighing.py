"""What a plan is decided from, and why a copy is left (pure)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

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
        body: its hash where there is one, else its size: copies that share neither are never taken for one.
        flags: Maildir letters.
        state: whether it could be read (`CopyRecord.state`).
        held: its rightful accounts that ever held their own.
        undecided: an earlier plan waits for a person about it.
        twin: the copy that stays, of one that the server delivered twice.
    """

    finding: Finding
    copy: Wanted | None = None
    size: int = 0
    body: str = ""
    flags: str = ""
    state: str = _READ
    held: frozenset[str] = frozenset()
    undecided: bool = False
    twin: Wanted | None = None

    @property
    def stays(self) -> bool:
        """It is right where it lies, and those who were left out get it from there."""
        return self.finding.leaves_out

    @property
    def lacking(self) -> Sequence[str]:
        """Its rightful accounts that neither hold nor ever held their own."""
        theirs = set(self.finding.lacking) - self.held
        return [account for account in self.finding.rightful if account in theirs]

    @property
    def message(self) -> tuple[str, ...]:
        """What stored copies of one message share: Message-ID, the sender's header, and what is known of bodies."""
        name = self.finding.message_id
        if self.copy is None or not name:
            return (self.finding.id,)
        return (name, self.copy.header_hash, self.body)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is live.

    Attributes:
        preserved: accounts whose stored mail must stay as it is.
        stores: where the mailbox of an account is; nothing of those that have none.
        routes: by store that there is a way to, the name of that way.
        several: accounts with mailboxes in several stores.
        left: bytes that accounts have left of their quota, where they have one that is known.
    """

    preserved: frozenset[str]
    stores: Mapping[str, str]
    routes: Mapping[str, str]
    several: frozenset[str] = frozenset()
    left: Mapping[str, int] = field(default_factory=dict)


def repair_of_one(
    one: Candidate,
    lacking: Collection[str],
    why: Why | None,
    around: Surroundings,
    wish: Wish,
    goals: Iterable[Goal] = (),
) -> Repair:
    """Give what a plan says of a copy.

    Args:
        one: the copy.
        lacking: accounts that have none of their own.
        why: it is left; None: it is not.
        around: what is live.
        wish: of whoever asks.
        goals: who gets it.
    """
    finding = one.finding
    copy = one.copy or Wanted(
        finding.id, finding.account, finding.folder or "", finding.file or "", None, None, ""
    )
    given = tuple(goals)
    stores = {finding.store or "", *(goal.store for goal in given)} if why is None else set()
    return Repair(
        copy=copy,
        store=finding.store or "",
        size=one.size,
        goals=given,
        kept=tuple(account for account in finding.rightful if account not in lacking),
        folder=wish.folder,
        clean=wish.clean,
        message=finding.message_id or "",
        queue=finding.queue_id or "",
        why=why,
        stays=finding.leaves_out,
        twin=one.twin,
        ways=tuple((store, around.routes[store]) for store in sorted(stores)),
    )


def why_left(one: Candidate, goals: Sequence[str], around: Surroundings, wish: Wish) -> Why | None:
    """Say why a copy is left, the first reason that fits; None: it is not."""
    return next((why for why, fits in _REASONS if fits(one, goals, around, wish)), None)


_Reason = Callable[[Candidate, Sequence[str], Surroundings, Wish], bool]


def _unrouted(one: Candidate, goals: Sequence[str], around: Surroundings, _: Wish) -> bool:
    stores = {one.finding.store, *(around.stores[account] for account in goals)}
    return not stores <= around.routes.keys()


def _full(one: Candidate, goals: Sequence[str], around: Surroundings, _: Wish) -> bool:
    return any(around.left.get(account, one.size) < one.size for account in goals)


def _unproved(one: Candidate, *_: object) -> bool:
    finding = one.finding
    right = finding.leaves_out or finding.duplicate_of is not None
    return finding.verdict is not Verdict.MISDELIVERED and not right


_REASONS: Sequence[tuple[Why, _Reason]] = (
    (Why.CROSSED, lambda one, *_: one.finding.verdict is Verdict.CROSSED),
    (Why.UNEXPLAINED, _unproved),
    (Why.NOT_STORED, lambda one, *_: one.copy is None),
    (Why.UNDECIDED, lambda one, *_: one.undecided),
    (
        Why.PRESERVED,
        lambda one, _, around, __: not one.stays and one.finding.account in around.preserved,
    ),
    (Why.ENCRYPTED, lambda one, *_: one.state == _ENCRYPTED),
    (Why.UNREADABLE, lambda one, *_: one.state != _READ),
    (
        Why.ANSWERED,
        lambda one, _, __, wish: not one.stays and _ANSWERED in one.flags and not wish.answered,
    ),
    (Why.NOBODY, lambda one, *_: not one.finding.rightful),
    (Why.SEVERAL_MAILBOXES, lambda _, goals, around, __: not around.several.isdisjoint(goals)),
    (Why.NO_MAILBOX, lambda _, goals, around, __: not around.stores.keys() >= set(goals)),
    (Why.NO_ROUTE, _unrouted),
    (Why.OVER_QUOTA, _full),
)
