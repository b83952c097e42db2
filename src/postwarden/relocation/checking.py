"""Repairs against the record: what rows say of copies has to be what the ledger says, and in quarantine still."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from postwarden.custody.service import Quarantine
from postwarden.ledger.service import Ledger, Wanted
from postwarden.relocation.accounting import digest_of
from postwarden.relocation.models import CopyRow, CountRow
from postwarden.relocation.rules import Outcome, Stage

_RECORDED = frozenset(Outcome) - {Outcome.RESTORED}


@dataclass(slots=True)
class _Record:
    """What the ledger says.

    Attributes:
        ended: by plan and finding: outcome, why, and hashes of content, object and file.
        counted: by plan, the hash of what was looked at.
        erased: some of it was erased, so that what is missing here proves nothing.
    """

    ended: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
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
        *_of_counts(record),
        *(
            f"object {name[:12]} of a repair is no longer known to the quarantine"
            for name in sorted(lost)
        ),
    ]


def _read(ledger: Ledger) -> _Record:
    record = _Record()
    for one in ledger.entries(Wanted(act="copy.ended")):
        if "person" not in one.facts or "plan" not in one.facts:
            record.erased = True
            continue
        for finding, *told in _copies(one.facts):
            record.ended[one.facts["plan"], finding] = tuple(told[:5])
    for one in ledger.entries(Wanted(act="repair.counted")):
        if "plan" in one.facts:
            record.counted[one.facts["plan"]] = one.facts["detail"]["digest"]
        else:
            record.erased = True
    return record


def _copies(facts: Mapping[str, Any]) -> list[list[str]]:
    return list(facts.get("detail", {}).get("copies", ()))


def _names(record: _Record) -> Iterator[str]:
    return (told[3] for told in record.ended.values() if told[3])


def _of_copies(record: _Record) -> Iterator[str]:
    """Compare copies that came to an end; those left by the plan itself have no entry of their own."""
    seen = set()
    rows = CopyRow.objects.filter(stage=Stage.ENDED, outcome__in=_RECORDED).order_by("pk")
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
