"""What becomes of holds when their cases are merged, split or exported."""

from collections.abc import Collection

from postwarden.cases.service import Part
from postwarden.holds.keeping import chunks, locked_revision, open_rows
from postwarden.holds.models import HoldRow
from postwarden.holds.rules import Kind
from postwarden.vocabulary import Moment, rfc3339


class HoldContribution:
    """Implements `Contribution` of cases: no account is released by it, or held anew."""

    @property
    def name(self) -> str:
        """Name its folder in a bundle."""
        return "holds"

    def merge(self, kept: str, gone: str, now: Moment) -> None:
        """Let holds belong to the case that goes on; where both hold an account, one is enough."""
        locked_revision()
        there = set(open_rows().filter(case=kept).values_list("account", "kind"))
        for row in open_rows().filter(case=gone):
            if (row.account, row.kind) in there:
                row.ended = now
                row.save(update_fields=["ended"])
        HoldRow.objects.filter(case=gone).update(case=kept)

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
