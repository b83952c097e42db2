"""Putting copies back from quarantine into the mailbox that they were taken out of.

It needs a private key of the installation, so that only whoever has one runs it, and no worker. A crash
leaves it as a repair: what is staged has not arrived, and is found again.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from postwarden.cases.service import Desk
from postwarden.custody.service import (
    Act,
    Kind,
    Mismatch,
    ObjectChanged,
    ObjectMissing,
    Opened,
    Plan,
    Plans,
    Quarantine,
    Stage,
)
from postwarden.ledger.service import Entry
from postwarden.people.service import Member, Permission
from postwarden.relocation.bearing import RESTORE, Lease, due_plan, leased
from postwarden.relocation.carrying import Outside
from postwarden.relocation.content import content_hash
from postwarden.relocation.errors import NothingToRepair, OtherKind, PermanentRouteError
from postwarden.relocation.keeping import note_ticket, portions, receivers, unfinished
from postwarden.relocation.models import CLAIMS, CopyRow, DeliveryRow
from postwarden.relocation.ports import Parcel, Route
from postwarden.relocation.rules import Outcome, Sent, Why
from postwarden.relocation.rules import Stage as CopyStage
from postwarden.relocation.sending import Sending
from postwarden.vocabulary import Moment

_AT_ONCE = 50
_TAKEN_AWAY = (Outcome.RELOCATED, Outcome.REMOVED)


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of a plan that puts copies back."""

    done: int
    stuck: tuple[str, ...]
    stage: Stage


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
            copies: ids of their findings; empty: all that repairs of the case took away.
            reason: why.
            who: asks for it.

        Raises:
            NotAllowed: the roles do not allow it, for an account's organisation.
            NothingToRepair: none of them is in quarantine, or each was put back already.
        """
        acts = tuple(self._act(row) for row in _taken_away(case, copies))
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
        """Carry an approved plan out, or go on with one that was cut off or stopped.

        Args:
            start: of the plan's hash.
            identities: "AGE-SECRET-KEY-1…" of the installation.
            who: runs it.
            after: told how many copies are done.

        Raises:
            NotAllowed, NoSuchPlan, Refused, QuarantineError: as custody has them.
            OtherKind: it is no plan that puts copies back.
            PermanentRouteError, TemporaryRouteError, AmbiguousRouteError: run it again.
        """
        plan = self.plans.get(start)
        if any(act.kind is not Kind.RESTORE for act in plan.acts):
            raise OtherKind(f"plan {plan.hash[:12]} puts nothing back: see `postwarden plan show`")
        self._may(who, [act.subject for act in plan.acts])
        self._begin(plan, who)
        where, clock = self._outside.folder, self._outside.clock
        with leased(where, self.plans, plan.hash, clock, RESTORE) as lease:
            if lease is not None:
                for places in portions(unfinished(plan.hash), _AT_ONCE):
                    lease.go_on()
                    self._some(self.plans.sound(plan.hash), places, identities, lease)
                    after(self._told(plan.hash).done)
                self._finish(plan, lease)
        return self._told(plan.hash)

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

    def _some(
        self, plan: Plan, places: Sequence[int], identities: Sequence[str], lease: Lease
    ) -> None:
        rows = list(CopyRow.objects.filter(plan=plan.hash, place__in=places).order_by("place"))
        found = DeliveryRow.objects.filter(copy__in=rows)
        deliveries = {one.copy_id: one for one in found}
        new = [row for row in rows if row.stage != CopyStage.SENDING]
        self._stage(plan, new, deliveries, identities, lease)
        staged = [row for row in rows if row.stage == CopyStage.SENDING]
        for store in {deliveries[row.pk].store for row in staged}:
            theirs = [one for row in staged if (one := deliveries[row.pk]).store == store]
            fresh = {deliveries[row.pk].pk for row in new}
            Sending(self._route(store), theirs, fresh, self._outside.rest).run()
        for row in staged:
            _end(row, Sent(deliveries[row.pk].sent), self._outside.clock())
        with lease.step():
            self._record("copy.restored", plan, rows)
            _save(rows, deliveries.values())
        for one in deliveries.values():
            self._route(one.store).clear([one.key], [one.account])

    def _stage(
        self,
        plan: Plan,
        rows: Sequence[CopyRow],
        deliveries: dict[int, DeliveryRow],
        identities: Sequence[str],
        lease: Lease,
    ) -> None:
        """Read copies out of quarantine, and write them where nobody looks."""
        if not rows:
            return
        with lease.step():
            self._record("copy.restoring", plan, rows)
        opened: dict[str, Opened] = {}
        for row in rows:
            details = dict(plan.acts[row.place].details)
            case = details["kept-under"]
            if case not in opened:
                opened[case] = self._quarantine.unlock(case, identities)
            try:
                kept = opened[case].read(details["object"])
            except (ObjectChanged, ObjectMissing):
                _give_up(row, Why.NOT_KEPT, self._outside.clock())
                continue
            one = deliveries[row.pk]
            key = f"{plan.hash[:12]}-{one.pk}-{lease.effect.token}"
            parcel = Parcel(key, row.holder, kept.folder, kept.content, kept.internal_date)
            ticket = self._route(one.store).restore(parcel, kept.flags, kept.keywords)
            note_ticket(one, ticket, content_hash(kept.content))
            row.stage, row.content = CopyStage.SENDING, one.content
        with lease.step():
            _save(rows, [deliveries[row.pk] for row in rows])

    def _route(self, store: str) -> Route:
        if store not in self._outside.routes:
            raise PermanentRouteError(f"store {store}: there is no way to it")
        return self._outside.routes[store]

    def _record(self, act: str, plan: Plan, rows: Sequence[CopyRow]) -> None:
        entries = [
            Entry(
                act,
                plan.requester,
                plan.reason,
                case=plan.case,
                person=row.holder,
                plan=plan.hash,
                detail={"copies": [[row.finding, row.outcome, row.content]]},
            )
            for row in rows
        ]
        self.desk.ledger.append(entries, self._outside.clock())

    def _finish(self, plan: Plan, lease: Lease) -> None:
        if not unfinished(plan.hash):
            for store, accounts in receivers(plan.hash).items():
                self._route(store).clear([f"{plan.hash[:12]}-"], accounts)
            with lease.step():
                self.plans.finish(plan.hash, plan.requester, self._outside.clock())
                lease.finish()

    def _told(self, hashed: str) -> Restored:
        rows = CopyRow.objects.filter(plan=hashed)
        stuck = rows.filter(outcome=Outcome.NEEDS_PERSON).values_list("finding", flat=True)
        done = rows.filter(outcome=Outcome.RESTORED).count()
        return Restored(done, tuple(stuck), self.plans.stage(hashed))

    def _may(self, who: Member, accounts: Sequence[str]) -> None:
        for organisation in {self.desk.organisation_of(one) for one in accounts}:
            who.allowed(Permission.PLAN_REQUEST, organisation)


def _taken_away(case: str, copies: Collection[str]) -> list[CopyRow]:
    """Give the copies of a case that are in quarantine, those put back already left out."""
    rows = CopyRow.objects.filter(case=case, outcome__in=_TAKEN_AWAY).order_by("plan", "place")
    if copies:
        rows = rows.filter(finding__in=list(copies))
    back = DeliveryRow.objects.filter(message__startswith=_MARK, sent__in=CLAIMS)
    named = set(back.values_list("account", "message"))
    return [row for row in rows if (row.holder, _mark(row.finding)) not in named]


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


def _give_up(row: CopyRow, why: Why, now: Moment) -> None:
    row.stage, row.ended = CopyStage.ENDED, now
    row.outcome, row.why = Outcome.NEEDS_PERSON, why


def _end(row: CopyRow, sent: Sent, now: Moment) -> None:
    if sent is Sent.DUE:  # it is staged nowhere any more, and never arrived
        row.stage = CopyStage.TAKING
        return
    if sent in (Sent.ARRIVED, Sent.TAKEN):
        row.stage, row.outcome, row.ended = CopyStage.ENDED, Outcome.RESTORED, now
    else:
        _give_up(row, Why.NOT_KNOWN_ARRIVED, now)


def _save(rows: Sequence[CopyRow], deliveries: Collection[DeliveryRow]) -> None:
    CopyRow.objects.bulk_update(rows, ["stage", "outcome", "why", "content", "ended"])
    fields = ["sent", "key", "ticket", "guid", "content"]
    DeliveryRow.objects.bulk_update(list(deliveries), fields)
