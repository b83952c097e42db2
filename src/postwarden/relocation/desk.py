"""Repairing: plans frozen from what was found, run, stopped and gone on with, and how far they are."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Length, Replace

from postwarden.cases.service import Actor, Desk
from postwarden.custody.service import (
    Kind,
    Mismatch,
    Plan,
    Plans,
    Quarantine,
    Stage,
)
from postwarden.ledger.service import Entry
from postwarden.people.service import Member, Permission
from postwarden.relocation.accounting import Counted
from postwarden.relocation.acts import Repair, act_of
from postwarden.relocation.bearing import PLAN, due_plan, leased
from postwarden.relocation.carrying import Carrier, Outside
from postwarden.relocation.deciding import decide
from postwarden.relocation.errors import NothingToRepair, OtherKind
from postwarden.relocation.keeping import begin, keep_count
from postwarden.relocation.left_theirs import kept_entries
from postwarden.relocation.models import CopyRow, CountRow
from postwarden.relocation.rules import Outcome, Why
from postwarden.relocation.rules import Stage as CopyStage
from postwarden.relocation.ways import must_be_as_planned
from postwarden.state import outbox
from postwarden.vocabulary import said

_SECOND = 1_000_000
_LATEST = 60 * _SECOND
KINDS = frozenset({Kind.RELOCATE, Kind.DELIVER, Kind.DEDUPLICATE, Kind.KEEP, Kind.LEAVE})


@dataclass(frozen=True, slots=True)
class Stuck:
    """A copy that was left, or waits for a person: what to look at."""

    finding: str
    holder: str
    owners: tuple[str, ...]
    outcome: Outcome
    why: Why | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is.

    Attributes:
        outcomes: how many copies came to which end.
        copies: in all.
        right: copies that were right when the plan was frozen.
        settled: copies that earlier repairs had put right by then.
        left_by: planned copies known to have left the mailbox, by the way they went.
        residue: codes of where parts of what was removed may be, once the plan is done.
        stage: of the plan.
        trouble: what kept the last try from going on; "" for nothing.
        stopped: the reason on record, where it was stopped.
        under_way: copies that were begun and are at no end.
    """

    outcomes: Mapping[Outcome, int]
    copies: int
    right: int
    settled: int
    left_by: Mapping[str, int]
    residue: tuple[str, ...]
    stage: Stage
    trouble: str = ""
    stopped: str = ""
    under_way: int = 0

    @property
    def all(self) -> int:
        """Copies that were looked at."""
        return self.right + self.settled + self.copies

    @property
    def done(self) -> int:
        """Copies at their end."""
        return sum(self.outcomes.values())


class RepairDesk:
    """Repairs of an installation."""

    def __init__(self, desk: Desk, plans: Plans, quarantine: Quarantine, outside: Outside) -> None:
        self.desk = desk
        self.plans = plans
        self.quarantine = quarantine
        self.outside = outside
        self._clock = outside.clock
        self._carrier = Carrier(desk, plans, quarantine, outside)

    def plan(
        self, case: str, reason: str, repairs: Sequence[Repair], counted: Counted, who: Member
    ) -> Plan:
        """Freeze a plan of repairs; it waits for somebody else's approval.

        What was looked at is kept with it, and its hash in the ledger.

        Raises:
            NotAllowed: the roles do not allow it, for the organisation of one of the accounts.
            NothingToRepair: no copy would be taken away.
            BadRecipient, KeyDestroyed: nothing can be put into quarantine for this case.
        """
        self._may(who, [account for one in repairs for account in _concerned(one)])
        acts = tuple(act_of(one) for one in repairs)
        if all(act.kind is Kind.LEAVE for act in acts):
            raise NothingToRepair(_nothing(repairs))
        self.quarantine.prepare(case, self._clock())
        plan = Plan(
            case, reason, who.name, acts, Mismatch.LEAVE_OUT, emergency=False, made=self._clock()
        )
        with transaction.atomic():
            frozen = self.plans.freeze(plan, self._clock())
            keep_count(frozen, counted)
            detail = {**counted.seen._asdict(), **_sums(counted), "digest": counted.digest}
            entry = Entry("repair.counted", who.name, case=case, plan=frozen.hash, detail=detail)
            self.desk.ledger.append([entry], self._clock())
        return frozen

    def run(self, start: str, who: Actor) -> Plan:
        """Begin an approved plan, or go on with a stopped one; one that runs or is done stays as it is.

        Promise: from here on it is carried out, by `carry` or else by the worker.

        Raises:
            NotAllowed, NoSuchPlan, Refused: as custody has them.
            OtherKind: it is no plan of repairs.
            PermanentRouteError: postwarden.toml no longer has the ways that were approved.
        """
        plan = self._repair(start)
        self._may(who, plan.accounts)
        if plan.stage is Stage.DONE:
            return plan
        must_be_as_planned(plan, self.outside.routes)
        now = self._clock()
        with transaction.atomic():
            if plan.stage is Stage.RUNNING:
                due_plan(plan.hash, now)
                return plan
            if plan.stage is Stage.STOPPED:
                running = self.plans.resume(plan.hash, who.name, now)
            else:
                running = self.plans.begin(plan.hash, who.name, now)
                begin(running, running.case, now)
                self.desk.ledger.append(kept_entries(running, who.name), now)
            due_plan(plan.hash, now)
        return running

    def stop(self, start: str, who: Actor, why: str) -> Plan:
        """Stop a running plan at the next copies; those under way come to their end or to none.

        Raises as `run`.
        """
        plan = self._repair(start)
        self._may(who, plan.accounts)
        return self.plans.stop(plan.hash, who.name, why, self._clock())

    def abandon(self, start: str, who: Actor, why: str) -> Plan:
        """Give a plan up that has begun: copies that have not are left, and free for other plans.

        Promise: what is under way comes to a definite end, by `carry` or else by the worker.
        Raises as `run`. An abandoned plan stays so.
        """
        plan = self._repair(start)
        self._may(who, plan.accounts)
        now = self._clock()
        with transaction.atomic():
            if plan.stage is not Stage.ABANDONED:
                plan = self.plans.abandon(plan.hash, who.name, why, now)
            if CopyRow.objects.filter(plan=plan.hash).exclude(stage=CopyStage.ENDED).exists():
                due_plan(plan.hash, now)
        return plan

    def decide(self, start: str, finding: str, who: Actor, why: str, *, arrived: bool) -> Plan:
        """Keep what a person found out of a copy that waits for one; later plans go by it.

        Args:
            start: of the plan's hash.
            finding: the copy's id.
            who: looked.
            why: what they saw, for the record.
            arrived: whom it was meant for has it; else it never arrived, and may be delivered.

        Raises:
            NotAllowed, NoSuchPlan, OtherKind: as `stop`.
            NothingToDecide: no such copy waits for a person.
        """
        plan = self._repair(start)
        self._may(who, plan.accounts)
        decide(self.desk.ledger, plan, finding, who, why, self._clock(), arrived=arrived)
        return plan

    def waiting(self) -> list[str]:
        """Give the plans that somebody has to carry out, oldest first."""
        return [effect.subject for effect, _ in outbox.waiting([PLAN])]

    def carry(self, hashed: str, after: Callable[[], None] = lambda: None) -> bool:
        """Carry a running plan out as far as its stores let it; False where somebody else does, or later.

        Args:
            hashed: which.
            after: called when some copies were done.

        Raises:
            Refused: something of the plan is not as it was frozen and signed; nothing was done.
        """
        with leased(self.outside.folder, self.plans, hashed, self._clock) as lease:
            if lease is None:
                return False
            before = self._left(hashed)
            troubles = self._carrier.carry(lease, after)
            stuck = lease.stuck + 1 if troubles and self._left(hashed) == before else 0
            wait = min(_SECOND * 2 ** min(stuck, 6), _LATEST) if troubles else 0
            lease.put_off(wait, "; ".join(troubles), stuck)
        return True

    def _left(self, hashed: str) -> int:
        return CopyRow.objects.filter(plan=hashed).exclude(stage=CopyStage.ENDED).count()

    def has_begun(self, plan: Plan) -> bool:
        """Tell whether it is a repair of which something may have been done."""
        return CopyRow.objects.filter(plan=plan.hash).exists() and plan.kinds <= KINDS

    def progress(self, hashed: str) -> Progress:
        """Tell how far a plan is."""
        rows = CopyRow.objects.filter(plan=hashed)
        counts = CountRow.objects.defer("right", "settled", "planned")
        counted = counts.annotate(rights=_lines("right"), before=_lines("settled")).get(plan=hashed)
        ended = rows.filter(stage=CopyStage.ENDED).values_list("outcome")
        outcomes = {Outcome(one): many for one, many in ended.annotate(Count("pk"))}
        trouble = next((t for e, t in outbox.waiting([PLAN]) if e.subject == hashed), "")
        stage = self.plans.stage(hashed)
        return Progress(
            outcomes=outcomes,
            copies=rows.count(),
            right=counted.rights,
            settled=counted.before,
            left_by=counted.left_by,
            residue=tuple(counted.residue),
            stage=stage,
            trouble=trouble,
            stopped=self.plans.why_stopped(hashed) if stage is Stage.STOPPED else "",
            under_way=rows.exclude(stage__in=(CopyStage.WAITING, CopyStage.ENDED)).count(),
        )

    def stuck(self, hashed: str) -> list[Stuck]:
        """Give the copies that were left or wait for a person, in the plan's order.

        Not those that their holders keep as their own, as was approved: these are where they belong.
        """
        rows = CopyRow.objects.filter(plan=hashed, stage=CopyStage.ENDED).exclude(
            outcome__in=(Outcome.RELOCATED, Outcome.REMOVED, Outcome.DELIVERED)
        )
        rows = rows.exclude(why=Why.HOLDERS_TOO)
        return [
            Stuck(
                row.finding,
                row.holder,
                tuple(one.account for one in row.deliveries.order_by("account")),
                Outcome(row.outcome),
                Why(row.why) if row.why else None,
            )
            for row in rows.order_by("place").prefetch_related("deliveries")
        ]

    def _repair(self, start: str) -> Plan:
        plan = self.plans.get(start)
        if not plan.kinds <= KINDS:
            raise OtherKind(
                said("plan {hash} is no repair: see `postwarden plan show`", hash=plan.hash[:12])
            )
        return plan

    def _may(self, who: Actor, accounts: Collection[str]) -> None:
        if isinstance(who, Member):
            for organisation in {self.desk.organisation_of(one) for one in accounts}:
                who.allowed(Permission.PLAN_REQUEST, organisation)


def _lines(column: str) -> CombinedExpression:
    """Count the lines of a text where it is kept: of large plans it is long, and progress is asked often."""
    return Length(column) - Length(Replace(column, Value("\n"), Value("")))


def _sums(counted: Counted) -> dict[str, int]:
    named = ("right", "settled", "planned")
    return {name: len(getattr(counted, name)) for name in named}


def _concerned(repair: Repair) -> list[str]:
    return [repair.copy.account, *(goal.account for goal in repair.goals)]


def _nothing(repairs: Sequence[Repair]) -> str:
    if not repairs:
        return said("no copy of this case lies in a wrong mailbox")
    whys = Counter(str(one.why) for one in repairs)
    left = ", ".join(f"{n} {why}" for why, n in whys.items())
    return said("every copy would be left: {left}", left=left)
