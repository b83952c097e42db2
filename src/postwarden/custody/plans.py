"""Plans as they are kept: frozen, approved, begun and ended, each step with its record."""

from collections.abc import Callable, Collection

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from postwarden.cases.service import hidden
from postwarden.custody.checking import FROZEN, listed, readable, sound
from postwarden.custody.errors import NoSuchPlan, Refused
from postwarden.custody.models import ApprovalRow, PlanRow
from postwarden.custody.rules import (
    Abandon,
    Approval,
    Approve,
    Begin,
    Event,
    Finish,
    Plan,
    Refusal,
    Resume,
    Stage,
    Stop,
    Withdraw,
    awaits,
    canonical,
    consent,
    decide,
    freeze,
    named,
    valid,
)
from postwarden.custody.seeing import Place, PlansWanted, Seen, seen
from postwarden.custody.standing import Standing
from postwarden.ledger.service import Entry, Ledger, Wanted
from postwarden.people.service import (
    ITSELF,
    BadKey,
    Member,
    Permission,
    check,
    member,
    tied,
    ties,
)
from postwarden.vocabulary import Moment, said

_NO_PLAN = said("{start}: no plan begins so")
_SEVERAL_PLANS = said("{start}: several plans begin so")
_NO_SUCH = said("{hashed}: there is no such plan")
_STOPPED = "plan.stopped"
_BEGUN = (Stage.RUNNING, Stage.DONE, Stage.STOPPED)
_LEAN = PlanRow.objects.defer("text")
"""Without the text, which is read in pieces: of thousands of acts it is long."""
_EMERGENCY = '"emergency":true'  # as `canonical` writes it; whatever else has it is looked at, too


class Plans:
    """The plans of an installation; every change has its entry in the ledger."""

    def __init__(self, ledger: Ledger, organisation_of: Callable[[str], str]) -> None:
        """Bind them.

        Args:
            ledger: the record.
            organisation_of: gives the organisation that answers for an act's subject.
        """
        self._ledger = ledger
        self._organisation_of = organisation_of

    def freeze(self, plan: Plan, now: Moment) -> Plan:
        """Keep a new plan; from now on nothing in it changes. Raises `Refused`."""
        frozen = freeze(plan)
        if isinstance(frozen, Refusal):
            raise Refused(frozen)
        with transaction.atomic():
            PlanRow.objects.create(
                hash=frozen.hash,
                case=frozen.case,
                text=canonical(frozen).decode(),
                stage=frozen.stage,
                made=frozen.made,
            )
            entry = Entry(
                FROZEN, frozen.requester, frozen.reason, case=frozen.case, plan=frozen.hash
            )
            self._ledger.append([entry], now)
        return frozen

    def get(self, start: str) -> Plan:
        """Give a plan by its hash, or by the first characters of it.

        Raises:
            NoSuchPlan: there is none, or there are several.
            Refused: its text is not the one that was frozen (FORGED).
        """
        return _only(_LEAN, start)

    def sound(self, hashed: str) -> Plan:
        """Give a plan that is as it was frozen and signed: one that may go on where it has begun.

        Raises:
            NoSuchPlan: there is none.
            Refused: something of it is not so (FORGED).
        """
        return _unforged(sound(_found(hashed)))

    def standing(self, plan: Plan) -> Standing:
        """Give what tells whether a plan's approvals still hold."""
        return Standing(plan, self._organisations(plan))

    def of_case(self, case: str) -> list[Plan]:
        """Give the plans of a case, oldest first; those whose text somebody changed are left out."""
        return _listed(_LEAN.filter(case=case))

    def case_of(self, hashed: str) -> str | None:
        """Give the case that a plan was frozen in; None where it was in none, or there is no such plan."""
        return PlanRow.objects.filter(hash=hashed).values_list("case", flat=True).first() or None

    def stage(self, hashed: str) -> Stage:
        """Give where a plan is, without reading all of it. Raises as `sound`."""
        stage = PlanRow.objects.filter(hash=hashed).values_list("stage", flat=True).first()
        if stage is None:
            raise NoSuchPlan(_NO_SUCH.about(hashed=hashed))
        if stage not in set(Stage):
            raise Refused(Refusal.FORGED)
        return Stage(stage)

    def every(self) -> list[Plan]:
        """Give all plans, oldest first; those whose text somebody changed are left out."""
        return _listed(_LEAN.all())

    def seen(self, who: Member, cases: Collection[str] | None = None) -> list[Seen]:
        """Give the plans, oldest first, that concern organisations whose cases somebody may read.

        Args:
            who: asks.
            cases: only those of these cases; None: of any.

        Raises:
            NotAllowed: they read no cases at all.
        """
        there = _there(who)
        rows = _LEAN.all() if cases is None else _LEAN.filter(case__in=cases)
        rows = rows.exclude(case__in=hidden(who))
        found = (seen(plan, there, self._organisation_of) for plan in _listed(rows))
        return [one for one in found if one is not None]

    def page(self, who: Member, wanted: PlansWanted) -> tuple[list[Seen], Place | None]:
        """Give plans as `seen`, newest first, some at a time: texts of others are not read.

        Returns:
            The plans, and after which place the next page begins; None where this is the last one.

        Raises:
            NotAllowed: they read no cases at all.
        """
        there, rows = _there(who), _LEAN.exclude(case__in=hidden(who)).order_by("-made", "-hash")
        if wanted.cases is not None:
            rows = rows.filter(case__in=wanted.cases)
        if wanted.stages:
            rows = rows.filter(stage__in=wanted.stages)
        if wanted.after is not None:
            made, hashed = wanted.after
            rows = rows.filter(Q(made__lt=made) | Q(made=made, hash__lt=hashed))
        found, last, most = list[Seen](), Place(0, ""), wanted.most + 1
        for row, plan in listed(rows.prefetch_related("approvals").iterator(most), most):
            one = None if plan is None else seen(plan, there, self._organisation_of)
            if one is None:
                continue
            if len(found) == wanted.most:
                return found, last
            found.append(one)
            last = Place(row.made, row.hash)
        return found, None

    def awaiting(self, who: Member, now: Moment) -> list[Plan]:
        """Give the plans, oldest first, that wait for an approval which somebody may give.

        Those that ended are not read, so that it takes as long after years as on the first day.
        """
        known, away = ties(), hidden(who)
        begun = _LEAN.filter(stage__in=_BEGUN, approvals=None, text__contains=_EMERGENCY)
        rows = _LEAN.filter(stage__in=(Stage.FROZEN, Stage.APPROVED)) | begun
        return [
            plan
            for plan in _listed(rows)
            if awaits(plan, now)
            and plan.case not in away
            and plan.requester != who.name
            and not tied(who.name, plan.requester, known)
            and self._approves(who, plan, now)
        ]

    def _approves(self, who: Member, plan: Plan, now: Moment) -> bool:
        there = who.organisations(Permission.PLAN_APPROVE)
        given = {one.approver for one in valid(plan, now)}
        return who.name not in given and (there is None or self._organisations(plan) <= there)

    def shown(self, start: str, who: Member) -> Seen:
        """Give one plan as `seen`, by the start of its hash.

        Raises:
            NoSuchPlan: there is none that they may see, or there are several.
            NotAllowed: they read no cases at all.
            Refused: its text is not the one that was frozen (FORGED).
        """
        there = _there(who)
        plan = _only(_LEAN.exclude(case__in=hidden(who)), start)
        found = seen(plan, there, self._organisation_of)
        if found is None:
            raise NoSuchPlan(_NO_PLAN.about(start=start))
        return found

    def hidden(self, who: Member) -> frozenset[str]:
        """Give the hashes of the plans of cases that are restricted to others."""
        rows = PlanRow.objects.filter(case__in=hidden(who))
        return frozenset(rows.values_list("hash", flat=True))

    def ruined(self) -> list[str]:
        """Give the hashes of the plans whose text or stage somebody changed."""
        rows = _LEAN.order_by("hash")
        return [row.hash for row in rows.iterator() if readable(row) is None]

    def approve(
        self, start: str, approver: str, expires: Moment, signature: str, now: Moment
    ) -> Plan:
        """Count somebody's signed approval of a plan.

        Args:
            start: of the plan's hash.
            approver: whose enrolled key signed.
            expires: until when the approval counts.
            signature: armoured, over `rules.consent`.
            now: when.

        Raises:
            NoSuchPlan: there is none.
            NotAllowed: the approver's roles do not allow it.
            BadKey: no key of theirs made this signature.
            Refused: the rules do not allow it, or they and the requester may be one person (TIED).
        """
        plan = self.get(start)
        who = member(approver)
        self._may_approve(who, plan)
        if tied(approver, plan.requester):
            raise Refused(Refusal.TIED)
        count = len(plan.acts)
        key = _signer(who, consent(plan.hash, count, expires), signature)
        given = Approval(approver, plan.hash, count, expires, now)

        def keep() -> None:
            ApprovalRow.objects.create(
                plan_id=plan.hash,
                approver=approver,
                fingerprint=key,
                count=count,
                expires=expires,
                at=now,
                signature=signature,
            )

        return self._step(plan.hash, Approve(given), "plan.approved", approver, "", now, keep)

    def withdraw(self, start: str, actor: str, why: str, now: Moment) -> Plan:
        """Take a plan back that has not begun. Raises as `approve`."""
        plan = self.get(start)
        if actor != plan.requester:
            self._may_approve(member(actor), plan)
        return self._step(plan.hash, Withdraw(), "plan.withdrawn", actor, why, now)

    def begin(self, hashed: str, actor: str, now: Moment) -> Plan:
        """Note that a plan is carried out from now on; once.

        Raises:
            Refused: the rules do not allow it, something of it is not as it was signed, or whoever
                approved it may not any more.
        """
        return self._step(hashed, Begin(), "plan.begun", actor, "", now)

    def finish(self, hashed: str, actor: str, now: Moment) -> Plan:
        """Note that a plan was carried out."""
        return self._step(hashed, Finish(), "plan.done", actor, "", now)

    def stop(self, hashed: str, actor: str, why: str, now: Moment) -> Plan:
        """Note that a plan was stopped before its end."""
        return self._step(hashed, Stop(), _STOPPED, actor, why, now)

    def abandon(self, hashed: str, actor: str, why: str, now: Moment) -> Plan:
        """Note that nobody goes on with a plan that has begun, and can be stopped between its acts."""
        return self._step(hashed, Abandon(), "plan.abandoned", actor, why, now)

    def lapse(self, hashed: str, why: Refusal, now: Moment) -> None:
        """Stop a running plan whose approvals no longer hold."""
        self.stop(hashed, ITSELF, why.value, now)

    def why_stopped(self, hashed: str) -> str:
        """Give the reason that is on record for the last stop of a plan; "" for none."""
        said = [
            str(one.facts.get("why", ""))
            for one in self._ledger.entries(Wanted(act=_STOPPED))
            if one.facts.get("plan") == hashed
        ]
        return said[-1] if said else ""

    def resume(self, hashed: str, actor: str, now: Moment) -> Plan:
        """Note that a stopped plan goes on; raises as `begin`, also where its approvals have expired."""
        return self._step(hashed, Resume(), "plan.resumed", actor, "", now)

    def _may_approve(self, who: Member, plan: Plan) -> None:
        """Raise `NotAllowed` unless somebody may approve for everyone whom the plan is about.

        Raises:
            NoSuchPlan: its case is restricted to others.
        """
        if plan.case in hidden(who):
            raise NoSuchPlan(_NO_PLAN.about(start=plan.hash))
        for organisation in self._organisations(plan):
            who.allowed(Permission.PLAN_APPROVE, organisation)

    def _organisations(self, plan: Plan) -> frozenset[str]:
        return frozenset(map(self._organisation_of, plan.accounts))

    def _step(
        self,
        hashed: str,
        event: Event,
        act: str,
        actor: str,
        why: str,
        now: Moment,
        keep: Callable[[], None] = lambda: None,
    ) -> Plan:
        with transaction.atomic():
            row = _found(hashed, lock=True)
            plan = _unforged(sound(row) if isinstance(event, Begin | Resume) else readable(row))
            after = decide(plan, event, now)
            if isinstance(after, Refusal):
                raise Refused(after)
            if isinstance(event, Begin | Resume) and (lapsed := self.standing(plan).lapsed(now)):
                raise Refused(lapsed)
            PlanRow.objects.filter(hash=hashed).update(stage=after.stage)
            keep()
            entry = Entry(act, actor, why, case=after.case, plan=hashed)
            self._ledger.append([entry], now)
        return named(after, hashed)


def _there(who: Member) -> frozenset[str] | None:
    there = who.organisations(Permission.CASE_READ)
    if there is not None and not there:
        who.allowed(Permission.CASE_READ)
    return there


def _listed(rows: QuerySet[PlanRow]) -> list[Plan]:
    read = listed(rows.prefetch_related("approvals"))
    return sorted((plan for _, plan in read if plan is not None), key=lambda plan: plan.made)


def _only(rows: QuerySet[PlanRow], start: str) -> Plan:
    """Give the one plan of these whose hash begins so. Raises as `Plans.get`."""
    some = list(rows.filter(hash__startswith=start)[:2]) if start else []
    if len(some) != 1:
        none = _SEVERAL_PLANS if some else _NO_PLAN
        raise NoSuchPlan(none.about(start=start))
    return _unforged(readable(some[0]))


def _unforged(plan: Plan | None) -> Plan:
    if plan is None:
        raise Refused(Refusal.FORGED)
    return plan


def _signer(who: Member, message: bytes, signature: str) -> str:
    """Give the fingerprint of the key that signed; raise `BadKey` with the last reason."""
    trouble = BadKey(f"{who.name} has enrolled no key; `postwarden person enrol {who.name}`")
    for key in who.keys:
        if key.revoked_at is not None:
            continue
        try:
            check(message, signature, key.public)
        except BadKey as error:
            trouble = error
        else:
            return key.fingerprint
    raise trouble


def _found(hashed: str, *, lock: bool = False) -> PlanRow:
    """Give a plan's row, locked so that no other transaction changes it meanwhile."""
    rows = _LEAN.filter(hash=hashed)
    if lock and connection.features.has_select_for_update:
        rows = rows.select_for_update()
    row = rows.first()
    if row is None:
        raise NoSuchPlan(_NO_SUCH.about(hashed=hashed))
    return row
