"""What repairs have of a case: its copies move with it, and are in its bundle with the sum of all messages."""

from collections.abc import Collection
from typing import Any

from postwarden.cases.service import Part
from postwarden.relocation.models import CopyRow, CountRow
from postwarden.relocation.rules import Outcome
from postwarden.vocabulary import Moment, rfc3339

_OPEN = (Outcome.NEEDS_PERSON,)


class RepairsOfCases:
    """Implements `Contribution` of cases."""

    name = "relocation"

    def merge(self, kept: str, gone: str, now: Moment) -> None:  # noqa: ARG002  # the port's
        """Let copies belong to the case that goes on; their quarantine stays under its own key."""
        CopyRow.objects.filter(case=gone).update(case=kept)

    def split(self, old: str, new: str, accounts: Collection[str], now: Moment) -> None:
        """Leave copies with the case whose plan they are of."""

    def binding(self, references: Collection[str]) -> Collection[str]:
        """Give the accounts in which a copy waits for a person or for its repair to go on."""
        repairs = CountRow.objects.values("plan")
        rows = CopyRow.objects.filter(case__in=references, plan__in=repairs)
        unfinished = rows.filter(outcome="") | rows.filter(outcome__in=_OPEN)
        return frozenset(unfinished.values_list("holder", flat=True))

    def export(self, references: Collection[str]) -> Part:
        """Give each repair with everything it looked at and what became of it."""
        plans = CopyRow.objects.filter(case__in=references).values_list("plan", flat=True)
        counts = CountRow.objects.filter(plan__in=plans.distinct()).order_by("plan")
        back = CopyRow.objects.filter(case__in=references, outcome=Outcome.RESTORED)
        restored = [{**_copy(row), "plan": row.plan} for row in back.order_by("plan", "place")]
        return Part({"repairs": [_repair(one) for one in counts], "restored": restored})


def _repair(row: CountRow) -> dict[str, Any]:
    rows = CopyRow.objects.filter(plan=row.plan).order_by("place").prefetch_related("deliveries")
    return {
        "plan": row.plan,
        "snapshot": row.snapshot,
        "manifest": row.manifest,
        "since": None if row.since is None else rfc3339(row.since),
        "until": None if row.until is None else rfc3339(row.until),
        "digest": row.digest,
        "right": row.right.split(),
        "settled": row.settled.split(),
        "left_by": row.left_by,
        "residue": row.residue,
        "copies": [_copy(one) for one in rows],
    }


def _copy(row: CopyRow) -> dict[str, Any]:
    return {
        "copy": row.finding,
        "holder": row.holder,
        "stage": row.stage,
        "outcome": row.outcome or None,
        "why": row.why or None,
        "content": row.content or None,
        "quarantine": row.quarantined or None,
        "sealed": row.sealed or None,
        "ended": None if row.ended is None else rfc3339(row.ended),
        "deliveries": [
            {
                "account": one.account,
                "sent": one.sent,
                "content": one.content or None,
                "guid": one.guid or None,
            }
            for one in sorted(row.deliveries.all(), key=lambda one: one.account)
        ],
    }
