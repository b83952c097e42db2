"""The quarantine against its rows and the record: what is missing, changed, unknown, or never recorded."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from postwarden.custody.models import CaseKeyRow, ObjectRow
from postwarden.custody.quarantine.case_keys import KEY_MADE
from postwarden.custody.quarantine.emptying import KEY_DESTROYED, REMOVED
from postwarden.custody.quarantine.files import Files, place_below
from postwarden.custody.quarantine.values import Stored
from postwarden.durable.service import PARTIAL
from postwarden.ledger.service import Ledger, Wanted


class Checked(NamedTuple):
    """What was found: how many objects were read, and a sentence for each fault."""

    objects: int
    faults: list[str]


class _Record(NamedTuple):
    """What the ledger says: details of entries by case, and cases whose entries cannot all be read."""

    told: Mapping[str, list[dict[str, Any]]]
    erased: Collection[str]


def checked(files: Files, ledger: Ledger) -> Checked:
    """Read everything in quarantine, and compare; of cases whose record was erased, less is known.

    Raises:
        OSError: a file cannot be read.
    """
    rows = ObjectRow.objects.filter(gone=None, ending=None, stored__isnull=False)
    faults = [
        *_of_keys(ledger),
        *(fault for row in rows.order_by("key", "name").iterator() for fault in _of(row, files)),
        *_unknown(files),
        *_unrecorded(ledger),
    ]
    return Checked(rows.count(), faults)


def _of(row: ObjectRow, files: Files) -> Iterator[str]:
    stored = Stored(row.name, row.sha256, row.size)
    if not files.whole(row.key_id, stored):
        there = files.is_there(row.key_id, row.name)
        yield _named(row.key_id, row.name, "was changed" if there else "is missing")


def _unknown(files: Files) -> Iterator[str]:
    """Find files that are no object, and objects that should be gone."""
    rows = ObjectRow.objects.filter(gone=None).values_list("key_id", "name")
    known = {place_below(case, name) for case, name in rows.iterator()}
    for path in files.every():
        if path not in known and not path.endswith(PARTIAL):
            yield f"quarantine: {path} is none of its objects"


def _unrecorded(ledger: Ledger) -> Iterator[str]:
    """Find objects that are said to be gone, and that nobody is on record as having removed."""
    record = _record(ledger, REMOVED)
    removed = {
        name for told in record.told.values() for detail in told for name, _ in detail["objects"]
    }
    for row in ObjectRow.objects.filter(gone__isnull=False).order_by("key", "name").iterator():
        if row.name not in removed and row.key_id not in record.erased:
            yield _named(row.key_id, row.name, "is gone, and no entry says that it was removed")


def _of_keys(ledger: Ledger) -> Iterator[str]:
    """Compare keys with what the record says: one that was exchanged would let others read."""
    made, destroyed = _record(ledger, KEY_MADE), _record(ledger, KEY_DESTROYED)
    rows = {row.case: row for row in CaseKeyRow.objects.order_by("case")}
    for case, row in rows.items():
        if case in made.erased or case in destroyed.erased:
            continue
        public = {detail["public"] for detail in made.told.get(case, ())}
        if row.public not in public:
            yield f"quarantine of case {case}: its key is not the one on record"
        if (case in destroyed.told) != (row.wrapped is None):
            yield f"quarantine of case {case}: " + (
                "its key is gone, and no entry says that it was destroyed"
                if row.wrapped is None
                else "its key is there, though it was destroyed"
            )
    for case in sorted(made.told.keys() - rows.keys()):
        yield f"quarantine of case {case}: its key is missing"


def _record(ledger: Ledger, act: str) -> _Record:
    told, erased = dict[str, list[dict[str, Any]]](), set[str]()
    for one in ledger.entries(Wanted(act=act)):
        if one.case is not None and "detail" in one.facts:
            told.setdefault(one.case, []).append(one.facts["detail"])
        elif one.case is not None:
            erased.add(one.case)
    return _Record(told, erased)


def _named(case: str, name: str, fault: str) -> str:
    return f"object {name[:12]} of case {case}: {fault}"
