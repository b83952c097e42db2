"""Repairs and restores against the record, and against their plans, which somebody else has approved.

What rows say of copies and of deliveries has to be what the ledger says, and in quarantine still; and they
are about those accounts alone that the plan names.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from postwarden.custody.service import Act, Kind, NoSuchPlan, Plans, Quarantine, Refused
from postwarden.ledger.service import Ledger, Wanted
from postwarden.relocation.accounting import digest_of
from postwarden.relocation.acts import repair_of
from postwarden.relocation.models import CopyRow, CountRow, DeliveryRow
from postwarden.relocation.rules import Outcome, Sent, Stage

_GAVE = (Sent.ARRIVED, Sent.TAKEN)


@dataclass(slots=True)
class _Record:
    """What the ledger says.

    Attributes:
        ended: by plan and finding: outcome, why, and hashes of content, object and file.
        delivered: by plan, finding and account: how it was sent, hash of its content, and guid.
        decided: plans and findings of which a person said that what was sent is there.
        counted: by plan, the hash of what was looked at.
        erased: some of it was erased, so that what is missing here proves nothing.
    """

    ended: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    delivered: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    decided: set[tuple[str, str]] = field(default_factory=set)
    counted: dict[str, str] = field(default_factory=dict)
    erased: bool = False


def faults(ledger: Ledger, quarantine: Quarantine) -> list[str]:
    """Check every repair kept; give a sentence for each fault.

    Of copies whose record was erased nothing can be said but that they have one.
    """
    record = _read(ledger)
    known = set(_names(record))
    lost = known - quarantine.known(known)
    return [
        *_of_copies(record),
        *_of_deliveries(record),
        *_of_plans(Plans(ledger, str)),  # nobody's rights are asked
        *_of_counts(record),
        *(
            f"object {name[:12]} of a repair is no longer known to the quarantine"
            for name in sorted(lost)
        ),
    ]


def _read(ledger: Ledger) -> _Record:
    record = _Record()
    for act in ("copy.ended", "copy.restored"):
        for plan, _, (finding, *told) in _told(ledger, act, record):
            record.ended[plan, finding] = tuple(told[:5])
    for plan, person, (finding, *told) in _told(ledger, "copy.delivered", record):
        record.delivered[plan, finding, person] = tuple(told)
    for plan, _, (finding, arrived) in _told(ledger, "copy.decided", record):
        if arrived:
            record.decided.add((plan, finding))
    for one in ledger.entries(Wanted(act="repair.counted")):
        if "plan" in one.facts:
            record.counted[one.facts["plan"]] = one.facts["detail"]["digest"]
        else:
            record.erased = True
    return record


def _told(ledger: Ledger, act: str, record: _Record) -> Iterator[tuple[str, str, list[str]]]:
    """Give plan, person and what is said of each copy; note in the record where that was erased."""
    for one in ledger.entries(Wanted(act=act)):
        if "person" not in one.facts or "plan" not in one.facts:
            record.erased = True
            continue
        for copy in _copies(one.facts):
            yield one.facts["plan"], one.facts["person"], copy


def _copies(facts: Mapping[str, Any]) -> list[list[str]]:
    return list(facts.get("detail", {}).get("copies", ()))


def _names(record: _Record) -> Iterator[str]:
    return (told[3] for told in record.ended.values() if told[3])


def _of_copies(record: _Record) -> Iterator[str]:
    """Compare copies that came to an end; those left by the plan itself have no entry of their own."""
    seen = set()
    rows = CopyRow.objects.filter(stage=Stage.ENDED).order_by("pk")
    for row in rows.iterator():
        key = row.plan, row.finding
        told = record.ended.get(key)
        here = (row.outcome, row.why, row.content, row.quarantined, row.sealed)
        if told is None:
            if row.outcome != Outcome.LEFT and not record.erased:
                yield f"plan {row.plan[:12]}: nothing is on record of what became of copy {row.finding}"
        elif told != here:
            yield f"plan {row.plan[:12]}: copy {row.finding} is not as the record says"
        seen.add(key)
    for plan, finding in sorted(record.ended.keys() - seen):
        yield f"plan {plan[:12]}: copy {finding} is gone, though it is on record"


def _of_deliveries(record: _Record) -> Iterator[str]:
    """Compare what arrived; what did not, or not by this plan, needs no entry."""
    seen = set()
    rows = DeliveryRow.objects.exclude(copy__outcome=Outcome.RESTORED).select_related("copy")
    for row in rows.order_by("pk").iterator():
        plan, finding = row.copy.plan, row.copy.finding
        key = plan, finding, row.account
        told = record.delivered.get(key)
        seen.add(key)
        if told is not None and told[0] in _GAVE and told != (row.sent, row.content, row.guid):
            yield f"plan {plan[:12]}: a delivery of copy {finding} is not as the record says"
        elif row.sent in _GAVE and (told is None or told[0] not in _GAVE):
            if record.erased or (row.sent == Sent.TAKEN and (plan, finding) in record.decided):
                continue
            yield f"plan {plan[:12]}: nothing is on record of a delivery of copy {finding}"
    for key in sorted(record.delivered.keys() - seen):
        if record.delivered[key][0] in _GAVE:
            yield f"plan {key[0][:12]}: a delivery of copy {key[1]} is gone, though it is on record"


def _of_plans(plans: Plans) -> Iterator[str]:
    """Compare whom copies and deliveries are about with whom their plan names."""
    for hashed in CopyRow.objects.order_by("plan").values_list("plan", flat=True).distinct():
        try:
            acts = plans.get(hashed).acts
        except (NoSuchPlan, Refused):
            yield f"plan {hashed[:12]}: it is gone or was changed, though copies are of it"
            continue
        rows = CopyRow.objects.filter(plan=hashed).prefetch_related("deliveries")
        for row in rows.order_by("place"):
            if row.place >= len(acts) or not _is_planned(row, acts[row.place]):
                yield f"plan {hashed[:12]}: copy {row.finding} is not as the plan says"


def _is_planned(row: CopyRow, act: Act) -> bool:
    finding = dict(act.details).get("finding")
    goals = sorted((one.account, one.store) for one in row.deliveries.all())
    return (row.holder, row.finding, goals) == (act.subject, finding, sorted(_goals(act)))


def _goals(act: Act) -> list[tuple[str, str]]:
    """Give the accounts, and their stores, that an act delivers to."""
    if act.kind is Kind.RESTORE:
        return [(act.subject, dict(act.details)["store"])]
    return [(goal.account, goal.store) for goal in repair_of(act).goals]


def _of_counts(record: _Record) -> Iterator[str]:
    for row in CountRow.objects.order_by("plan").iterator():
        kinds = {"right": row.right, "settled": row.settled, "planned": row.planned}
        digest = digest_of({kind: text.split() for kind, text in kinds.items()})
        told = record.counted.pop(row.plan, None)
        if digest != row.digest or (told is not None and told != digest):
            yield f"plan {row.plan[:12]}: what was looked at is not what was counted"
        elif told is None and not record.erased:
            yield f"plan {row.plan[:12]}: nothing is on record of what was looked at"
    for plan in sorted(record.counted):
        yield f"plan {plan[:12]}: what was looked at is gone, though it is on record"
