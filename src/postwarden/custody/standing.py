"""Whether approvals still hold while a plan is carried out."""

from dataclasses import dataclass

from postwarden.cases.service import insiders_of
from postwarden.custody.models import ApprovalRow
from postwarden.custody.rules import Approval, Plan, Refusal, valid
from postwarden.people.service import NotAllowed, Permission, UnknownIdentity, member, tied, ties
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class Standing:
    """A plan's approvals, as they are asked for again and again: little is read each time.

    Attributes:
        plan: with its approvals.
        organisations: those that answer for everybody whom the plan is about.
    """

    plan: Plan
    organisations: frozenset[str]

    def lapsed(self, now: Moment) -> Refusal | None:
        """Say why the approvals no longer hold: EXPIRED, APPROVER_GONE, or TIED; None while they do.

        Gone is also whom the case is restricted to no more.
        """
        if self.plan.emergency or not self.plan.needed:
            return None
        lasting = valid(self.plan, now)
        if len(lasting) < self.plan.needed:
            return Refusal.EXPIRED
        inside = insiders_of(self.plan.case) if self.plan.case else None
        standing = [
            one for one in lasting if (inside is None or one.approver in inside) and self._may(one)
        ]
        if len(standing) < self.plan.needed:
            return Refusal.APPROVER_GONE
        known = ties()
        others = [one for one in standing if not tied(one.approver, self.plan.requester, known)]
        if len(others) < self.plan.needed:
            return Refusal.TIED
        return None

    def _may(self, given: Approval) -> bool:
        try:
            who = member(given.approver)
            for organisation in self.organisations:
                who.allowed(Permission.PLAN_APPROVE, organisation)
        except (NotAllowed, UnknownIdentity):
            return False
        counting = {key.fingerprint for key in who.keys if key.revoked_at is None}
        signed = ApprovalRow.objects.filter(
            plan_id=given.plan, approver=given.approver, at=given.at
        ).values_list("fingerprint", flat=True)
        return not counting.isdisjoint(signed)
