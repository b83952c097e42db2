"""What a person found out of a copy that waits for one: later plans go by it."""

from django.db import transaction

from postwarden.cases.service import Actor
from postwarden.custody.service import Plan
from postwarden.ledger.service import Entry, Ledger
from postwarden.relocation.errors import NothingToDecide
from postwarden.relocation.models import CopyRow
from postwarden.relocation.rules import Outcome, Sent
from postwarden.vocabulary import Moment, said

OPEN = (Sent.UNCLEAR, Sent.DOUBTED, Sent.DUE)
"""Deliveries of a copy that needs a person: of these it is not known, or not yet so."""


def decide(
    ledger: Ledger,
    plan: Plan,
    finding: str,
    who: Actor,
    why: str,
    now: Moment,
    *,
    arrived: bool,
) -> None:
    """Keep what a person found, with its record.

    Args:
        ledger: the record.
        plan: of the copy.
        finding: the copy's id.
        who: looked.
        why: what they saw.
        now: when.
        arrived: whom it was meant for has it; else it never arrived, and may be delivered.

    Raises:
        NothingToDecide: no such copy waits for a person.
    """
    with transaction.atomic():
        row = CopyRow.objects.filter(
            plan=plan.hash, finding=finding, outcome=Outcome.NEEDS_PERSON
        ).first()
        if row is None:
            raise NothingToDecide(
                said("{finding}: no such copy of this plan waits for a person", finding=finding)
            )
        rows = row.deliveries.filter(sent__in=OPEN)
        rows.filter(sent=Sent.UNCLEAR).update(sent=Sent.TAKEN if arrived else Sent.DUE)
        rows.exclude(sent=Sent.TAKEN).update(sent=Sent.HAD if arrived else Sent.DUE)
        CopyRow.objects.filter(pk=row.pk).update(outcome=Outcome.DECIDED)
        ended = [finding, Outcome.DECIDED, row.why, row.content, row.quarantined, row.sealed]
        told = {"copy.decided": [finding, arrived], "copy.ended": [*ended, "", "", ""]}
        entries = [
            Entry(act, who.name, why, plan.case, row.holder, plan.hash, {"copies": [copy]})
            for act, copy in told.items()
        ]
        ledger.append(entries, now)
