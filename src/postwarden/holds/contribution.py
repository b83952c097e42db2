"""What becomes of holds when their cases are merged, split or exported."""

from collections.abc import Collection

from postwarden.cases.service import Part
from postwarden.holds.keeping import as_hold, chunks, locked_revision, open_rows
from postwarden.holds.models import HoldRow
from postwarden.holds.rules import Kind, wording
from postwarden.ledger.service import Entry, Ledger
from postwarden.people.service import ITSELF
from postwarden.vocabulary import Moment, rfc3339


class HoldContribution:
    """Implements `Contribution` of cases: no account is released by it, or held anew."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    @property
    def name(self) -> str:
        """Name its folder in a bundle."""
        return "holds"

    def merge(self, kept: str, gone: str, now: Moment) -> None:
        """Let holds belong to the case that goes on.

        Where both hold an account, its hold there goes on with the wording that tells the holder more.
        """
        locked_revision()
        there = {(row.account, row.kind): row for row in open_rows().filter(case=kept)}
        ended = []
        for row in open_rows().filter(case=gone):
            if other := there.get((row.account, row.kind)):
                other.wording = wording([as_hold(other), as_hold(row)])
                other.save(update_fields=["wording"])
                row.ended, row.ended_plan = now, other.plan
                row.save(update_fields=["ended", "ended_plan"])
                ended.append(_joined(row, kept))
        HoldRow.objects.filter(case=gone).update(case=kept)
        self._ledger.append(ended, now)

    def split(self, old: str, new: str, accounts: Collection[str], now: Moment) -> None:  # noqa: ARG002  # the port's
        """Let the holds of these accounts belong to the new case."""
        locked_revision()
        for some in chunks(accounts):
            HoldRow.objects.filter(case=old, account__in=some).update(case=new)

    def binding(self, references: Collection[str]) -> Collection[str]:
        """Give the accounts that are held by it."""
        rows = open_rows().filter(case__in=references, kind=Kind.LOGIN)
        return frozenset(rows.values_list("account", flat=True))

    def export(self, references: Collection[str]) -> Part:
        """Give every hold of a case, ended ones too, oldest first."""
        rows = HoldRow.objects.filter(case__in=references).order_by("pk")
        return Part({"holds": [_told(row) for row in rows]})


def _joined(row: HoldRow, case: str) -> Entry:
    """Say that a hold has become one with another, of the case that goes on."""
    detail = {"kind": row.kind, "from": row.case, "with": row.ended_plan}
    return Entry("hold.joined", ITSELF, case=case, person=row.account, plan=row.plan, detail=detail)


def _told(row: HoldRow) -> dict[str, str | None]:
    return {
        "account": row.account,
        "kind": row.kind,
        "case": row.case,
        "wording": row.wording,
        "since": rfc3339(row.since),
        "plan": row.plan,
        "ended": None if row.ended is None else rfc3339(row.ended),
        "ended_plan": row.ended_plan or None,
    }
