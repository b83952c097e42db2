"""The steps of plans: frozen, approved, begun and ended, each with its record."""

from collections.abc import Callable

from django.db import transaction

from postwarden.cases.service import hidden
from postwarden.custody.checking import FROZEN, readable, sound
from postwarden.custody.errors import NoSuchPlan, Refused
from postwarden.custody.kept import NO_PLAN, STOPPED, KeptPlans, row_of, unforged
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
    Stop,
    Withdraw,
    canonical,
    consent,
    decide,
    freeze,
    named,
)
from postwarden.ledger.service import Entry
from postwarden.people.service import (
    ITSELF,
    BadKey,
    Member,
    Permission,
    check,
    member,
    tied,
)
from postwarden.vocabulary import Moment


class Plans(KeptPlans):
    """The plans of an installation; every change has its entry in the ledger."""

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
        return self._step(hashed, Stop(), STOPPED, actor, why, now)

    def abandon(self, hashed: str, actor: str, why: str, now: Moment) -> Plan:
        """Note that nobody goes on with a plan that has begun, and can be stopped between its acts."""
        return self._step(hashed, Abandon(), "plan.abandoned", actor, why, now)

    def lapse(self, hashed: str, why: Refusal, now: Moment) -> None:
        """Stop a running plan whose approvals no longer hold."""
        self.stop(hashed, ITSELF, why.value, now)

    def resume(self, hashed: str, actor: str, now: Moment) -> Plan:
        """Note that a stopped plan goes on; raises as `begin`, also where its approvals have expired."""
        return self._step(hashed, Resume(), "plan.resumed", actor, "", now)

    def _may_approve(self, who: Member, plan: Plan) -> None:
        """Raise `NotAllowed` unless somebody may approve for everyone whom the plan is about.

        Raises:
            NoSuchPlan: its case is restricted to others.
        """
        if plan.case in hidden(who):
            raise NoSuchPlan(NO_PLAN.about(start=plan.hash))
        for organisation in self._organisations(plan):
            who.allowed(Permission.PLAN_APPROVE, organisation)

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
            row = row_of(hashed, lock=True)
            plan = unforged(sound(row) if isinstance(event, Begin | Resume) else readable(row))
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
