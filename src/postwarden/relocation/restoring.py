"""Putting copies back from quarantine into the mailbox that they were taken out of.

It needs a private key of the installation, so that only whoever has one runs it, and no worker. A crash
leaves it as a repair: what is staged has not arrived, and is found again.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db import transaction

from postwarden.cases.service import Desk, references
from postwarden.custody.service import Act, Kind, Mismatch, Plan, Plans, Quarantine, Stage
from postwarden.people.service import Member, Permission
from postwarden.relocation.abandoning import TakingBack
from postwarden.relocation.bearing import (
    RESTORE,
    Lease,
    LeaseLost,
    Stopped,
    borne_by,
    due_plan,
    leased,
)
from postwarden.relocation.carrying import Outside
from postwarden.relocation.deciding import decide
from postwarden.relocation.errors import (
    CarriedElsewhere,
    NothingToRepair,
    OtherKind,
    RelocationError,
    TemporaryRouteError,
)
from postwarden.relocation.keeping import portions, receivers, unfinished
from postwarden.relocation.models import CLAIMS, CopyRow, DeliveryRow
from postwarden.relocation.returning import Return
from postwarden.relocation.rules import Outcome, Sent, Why
from postwarden.relocation.rules import Stage as CopyStage

_AT_ONCE = 50
_START = 12  # characters of an object's name that shells show
_TAKEN_AWAY = (Outcome.RELOCATED, Outcome.REMOVED)


class NotBack(NamedTuple):
    """A copy that a plan did not put back, by the id of its finding."""

    finding: str
    outcome: Outcome
    why: Why


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a plan that puts copies back.

    Attributes:
        done: how many are back.
        not_back: those that are at another end.
        stage: of the plan.
        stopped: the reason on record, where it was stopped.
    """

    done: int
    not_back: tuple[NotBack, ...]
    stage: Stage
    stopped: str = ""

    @property
    def stuck(self) -> tuple[str, ...]:
        """Give the findings of copies that need a person."""
        return tuple(one.finding for one in self.not_back if one.outcome is Outcome.NEEDS_PERSON)


class RestoreDesk:
    """Restores of an installation."""

    def __init__(self, desk: Desk, plans: Plans, quarantine: Quarantine, outside: Outside) -> None:
        self.desk = desk
        self.plans = plans
        self._quarantine = quarantine
        self._outside = outside

    def plan(self, case: str, copies: Collection[str], reason: str, who: Member) -> Plan:
        """Freeze a plan that puts copies of a case back; it waits for somebody else's approval.

        Args:
            case: reference.
            copies: ids of their findings, or how their objects in quarantine begin; empty: all that
                repairs of the case took away.
            reason: why.
            who: asks for it.

        Raises:
            NotAllowed: the roles do not allow it, for an account's organisation.
            NothingToRepair: none of them is in quarantine, or each was put back already.
        """
        acts = tuple(self._act(row) for row in _kept(case, copies))
        if not acts:
            raise NothingToRepair("no such copy of this case is in quarantine and not back already")
        self._may(who, [act.subject for act in acts])
        now = self._outside.clock()
        plan = Plan(case, reason, who.name, acts, Mismatch.LEAVE_OUT, emergency=False, made=now)
        return self.plans.freeze(plan, now)

    def _act(self, row: CopyRow) -> Act:
        plan = self.plans.get(row.plan)
        details = dict(plan.acts[row.place].details)
        told = (
            ("finding", row.finding),
            ("object", row.quarantined),
            ("kept-under", plan.case),
            ("store", details["store"]),
        )
        return Act(Kind.RESTORE, row.holder, told)

    def run(
        self, start: str, identities: Sequence[str], who: Member, after: Callable[[int], None]
    ) -> Restored:
        """Carry an approved plan out, or go on with one that was cut off or stopped; one that is done stays.

        Args:
            start: of the plan's hash.
            identities: "AGE-SECRET-KEY-1…" of the installation.
            who: runs it.
            after: told how many copies are done.

        Raises:
            NotAllowed, NoSuchPlan, Refused, QuarantineError: as custody has them.
            OtherKind: it is no plan that puts copies back.
            CarriedElsewhere: another process carries it out just now.
            PermanentRouteError, TemporaryRouteError, AmbiguousRouteError: some are not back; run it again.
        """
        plan = self._restore(start, who)
        if plan.stage is not Stage.DONE:
            self._begin(plan, who)
            with self._leased(plan.hash) as lease:
                if lease is not None:
                    self._carry(lease, identities, after)
        return self._told(plan.hash)

    def stop(self, start: str, who: Member, why: str) -> Plan:
        """Stop a running plan at the next copies; `run` goes on with it.

        Raises:
            NotAllowed, NoSuchPlan, Refused: as custody has them.
            OtherKind: it is no plan that puts copies back.
        """
        plan = self._restore(start, who)
        now = self._outside.clock()
        stopped = self.plans.stop(plan.hash, who.name, why, now)
        where = self._outside.folder
        with leased(where, self.plans, plan.hash, self._outside.clock, RESTORE) as lease:
            if lease is not None:
                _let_go(lease)
        return stopped

    def decide(self, start: str, finding: str, who: Member, why: str, *, arrived: bool) -> Plan:
        """Keep what a person found out of a copy that may have come back; it is free, or is back.

        Takes and raises what `RepairDesk.decide` does.
        """
        plan = self._restore(start, who)
        now = self._outside.clock()
        decide(self.desk.ledger, plan, finding, who, why, now, arrived=arrived)
        return plan

    def abandon(self, start: str, who: Member, why: str) -> Restored:
        """Give a plan up that has begun, without a key: what is staged is taken back, and free for others.

        Cut off, it is asked again.

        Raises:
            NotAllowed, NoSuchPlan, Refused: as custody has them.
            OtherKind: it is no plan that puts copies back.
            CarriedElsewhere: another process carries it out just now.
            PermanentRouteError, TemporaryRouteError, AmbiguousRouteError: something is staged still.
        """
        plan = self._restore(start, who)
        now = self._outside.clock()
        with transaction.atomic():
            if plan.stage is not Stage.ABANDONED:
                self.plans.abandon(plan.hash, who.name, why, now)
            if unfinished(plan.hash):
                due_plan(plan.hash, now, RESTORE)
        with self._leased(plan.hash) as lease:
            if lease is not None:
                self._give_up(replace(lease, stage=Stage.ABANDONED))
        return self._told(plan.hash)

    def _give_up(self, lease: Lease) -> None:
        hashed = lease.effect.subject
        plan = self.plans.sound(hashed)
        for places in portions(unfinished(hashed), _AT_ONCE):
            clock = self._outside.clock
            TakingBack(self.desk.ledger, self._outside.routes, clock, lease, plan, places).run()
        for places in portions(unfinished(hashed), _AT_ONCE):  # they are back, and to be read
            self._some(places, (), lease).run()
        self._finish(lease)

    @contextmanager
    def _leased(self, hashed: str) -> Iterator[Lease | None]:
        """Take a plan; None where nothing is left of it to be done. Raises `CarriedElsewhere`."""
        where, clock = self._outside.folder, self._outside.clock
        with leased(where, self.plans, hashed, clock, RESTORE) as lease:
            theirs = borne_by(hashed, RESTORE) if lease is None else None
            if theirs is not None:
                raise CarriedElsewhere(
                    f"process {theirs.process} on {theirs.host} carries plan {hashed[:12]} out: wait for its"
                    " end, or stop it by `postwarden plan stop`; where it was killed, the same command goes on"
                    " with it on that host at once, on another one two minutes later"
                )
            yield lease

    def _restore(self, start: str, who: Member) -> Plan:
        plan = self.plans.get(start)
        if plan.kinds != {Kind.RESTORE}:
            raise OtherKind(f"plan {plan.hash[:12]} puts nothing back: see `postwarden plan show`")
        self._may(who, [act.subject for act in plan.acts])
        return plan

    def _carry(self, lease: Lease, identities: Sequence[str], after: Callable[[int], None]) -> None:
        """Do every copy that is left once; raise the first trouble when all others are done."""
        troubles: list[RelocationError] = []
        hashed = lease.effect.subject
        standing = self.plans.standing(self.plans.sound(hashed))
        try:
            for places in portions(unfinished(hashed), _AT_ONCE):
                lease.go_on_approved(standing)
                some = self._some(places, identities, lease)
                try:
                    some.run()
                except RelocationError as error:
                    troubles.append(error)
                    if not isinstance(error, TemporaryRouteError):
                        some.note_try()
                after(self._told(hashed).done)
            self._finish(lease)
        except Stopped:
            _let_go(lease)
        except LeaseLost:
            return
        if troubles and unfinished(hashed):
            raise troubles[0]

    def _some(self, places: Sequence[int], identities: Sequence[str], lease: Lease) -> Return:
        plan = self.plans.sound(lease.effect.subject)
        rows = CopyRow.objects.filter(plan=plan.hash, place__in=places).order_by("place")
        ledger, box = self.desk.ledger, self._quarantine
        return Return(ledger, box, self._outside, identities, plan, lease, list(rows))

    def _begin(self, plan: Plan, who: Member) -> None:
        now = self._outside.clock()
        with transaction.atomic():
            if plan.stage is Stage.STOPPED:
                self.plans.resume(plan.hash, who.name, now)
                due_plan(plan.hash, now, RESTORE)
            elif plan.stage is not Stage.RUNNING:
                self.plans.begin(plan.hash, who.name, now)
                _make_rows(plan)
                due_plan(plan.hash, now, RESTORE)

    def _finish(self, lease: Lease) -> None:
        hashed = lease.effect.subject
        if unfinished(hashed):
            return
        for store, accounts in receivers(hashed).items():
            if store in self._outside.routes:
                self._outside.routes[store].clear([f"{hashed[:12]}-"], accounts)
        with lease.step():
            if lease.stage is Stage.RUNNING:
                requester = self.plans.get(hashed).requester
                self.plans.finish(hashed, requester, self._outside.clock())
            lease.finish()

    def _told(self, hashed: str) -> Restored:
        ended = CopyRow.objects.filter(plan=hashed, stage=CopyStage.ENDED).order_by("place")
        left = ended.exclude(outcome=Outcome.RESTORED)
        told = left.values_list("finding", "outcome", "why")
        not_back = tuple(NotBack(name, Outcome(outcome), Why(why)) for name, outcome, why in told)
        stage = self.plans.stage(hashed)
        stopped = self.plans.why_stopped(hashed) if stage is Stage.STOPPED else ""
        return Restored(ended.count() - len(not_back), not_back, stage, stopped)

    def _may(self, who: Member, accounts: Sequence[str]) -> None:
        for organisation in {self.desk.organisation_of(one) for one in accounts}:
            who.allowed(Permission.PLAN_REQUEST, organisation)


def _kept(case: str, copies: Collection[str]) -> list[CopyRow]:
    """Give copies of a case that quarantine has, each once, those put back already left out.

    Unless they are named, only those that repairs took away: others may lie in the mailbox still.
    """
    rows = CopyRow.objects.filter(case__in=references(case), stage=CopyStage.ENDED)
    rows = rows.exclude(quarantined="").order_by("plan", "place")
    if not copies:
        rows = rows.filter(outcome__in=_TAKEN_AWAY)
    back = DeliveryRow.objects.filter(message__startswith=_MARK, sent__in=CLAIMS)
    named = set(back.values_list("account", "message"))
    found = {
        (row.holder, row.finding): row
        for row in sorted(rows, key=lambda row: row.outcome in _TAKEN_AWAY)
        if not copies or _is_named(row, copies)
    }
    return [row for row in found.values() if (row.holder, _mark(row.finding)) not in named]


def _is_named(row: CopyRow, names: Collection[str]) -> bool:
    """Tell whether a copy is named: by its finding, or by how its object in quarantine begins."""
    starts = tuple(name for name in names if len(name) >= _START)
    return row.finding in names or row.quarantined.startswith(starts)


def _let_go(lease: Lease) -> None:
    """End what is due of a plan that was stopped; one that goes on again by now keeps it."""
    with transaction.atomic():
        if lease.plans.stage(lease.effect.subject) is not Stage.RUNNING:
            lease.finish()


_MARK = "restored "


def _mark(finding: str) -> str:
    """Give what stands for a copy put back: the database lets each be under way or done once."""
    return f"{_MARK}{finding}"[:64]


def _make_rows(plan: Plan) -> None:
    for place, act in enumerate(plan.acts):
        details = dict(act.details)
        row = CopyRow.objects.create(
            plan=plan.hash,
            place=place,
            case=plan.case,
            holder=act.subject,
            finding=details["finding"],
            stage=CopyStage.TAKING,
        )
        DeliveryRow.objects.create(
            copy=row,
            account=act.subject,
            store=details["store"],
            sent=Sent.DUE,
            message=_mark(details["finding"]),
        )
