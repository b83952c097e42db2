"""What custody has of a case, for its bundle; plans are frozen, so that nothing of them moves."""

from collections.abc import Collection, Iterator

from postwarden.cases.service import Approval, Part
from postwarden.custody.models import PlanRow
from postwarden.custody.rules import consent
from postwarden.people.service import member
from postwarden.vocabulary import Moment


class PlansOfCases:
    """A `Contribution` of cases: a plan names its case for ever, and is found by every reference."""

    name = "custody"

    def merge(self, kept: str, gone: str, now: Moment) -> None:
        """Leave plans as they were approved."""

    def split(self, old: str, new: str, accounts: Collection[str], now: Moment) -> None:
        """Leave plans as they were approved."""

    def binding(self, references: Collection[str]) -> Collection[str]:  # noqa: ARG002  # the port's
        """Keep no account: what a plan did is kept by who did it."""
        return ()

    def export(self, references: Collection[str]) -> Part:
        """Give the plans of a case and whose signatures approved them."""
        rows = PlanRow.objects.filter(case__in=references).prefetch_related("approvals")
        ordered = sorted(rows, key=lambda row: row.hash)
        plans = [{"hash": row.hash, "stage": row.stage, "text": row.text} for row in ordered]
        return Part({"plans": plans}, tuple(one for row in ordered for one in _approvals(row)))


def _approvals(row: PlanRow) -> Iterator[Approval]:
    for given in sorted(row.approvals.all(), key=lambda one: one.pk):
        keys = {key.fingerprint: key.public for key in member(given.approver).keys}
        yield Approval(
            approver=given.approver,
            public=keys[given.fingerprint],
            words=consent(row.hash, given.count, given.expires).decode(),
            signature=given.signature,
            plan=row.hash,
            text=row.text,
        )
