"""Removing objects whose time is up, and destroying the key of a case; each with its record.

Objects are ended in one transaction with the entry that says so, and removed in another one with the
entry that proves it: names and hashes. Killed in between, the next round goes on.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet

from postwarden.custody.models import CaseKeyRow, ObjectRow
from postwarden.custody.quarantine.case_keys import locked
from postwarden.custody.quarantine.files import Files
from postwarden.ledger.service import Entry, Ledger
from postwarden.people.service import ITSELF
from postwarden.state.service import drop_old_writes
from postwarden.vocabulary import Moment

ENDED = "quarantine.ended"
REMOVED = "quarantine.removed"
KEY_DESTROYED = "quarantine.key-destroyed"
_AT_ONCE = 200  # objects in one entry
_HOUR = 3_600


class How(StrEnum):
    """Why an object is removed."""

    RETENTION = "retention"
    KEY = "key-destroyed"


def end_due(ledger: Ledger, now: Moment) -> int:
    """End the retention of what was kept until now; give how many objects that are."""
    count = 0
    due = ObjectRow.objects.filter(gone=None, ending=None, until__lte=now)
    for case in _cases(due):
        while ended := _end_some(due.filter(key=case), case, ledger, now):
            count += ended
    return count


def _end_some(due: QuerySet[ObjectRow], case: str, ledger: Ledger, now: Moment) -> int:
    with transaction.atomic():
        locked(case)
        names = list(due.order_by("name").values_list("name", flat=True)[:_AT_ONCE])
        if names:
            rows = ObjectRow.objects.filter(pk__in=names)
            rows.update(ending=now, how=How.RETENTION)
            detail = {"how": How.RETENTION.value, "objects": names}
            ledger.append([Entry(ENDED, ITSELF, case=case, detail=detail)], now)
    return len(names)


def remove_ended(files: Files, ledger: Ledger, now: Moment) -> int:
    """Remove the files of objects that were ended; give how many objects that are.

    Raises:
        OSError: some are there still; nothing says that they are gone.
    """
    count = 0
    ended = ObjectRow.objects.filter(gone=None, ending__isnull=False)
    for case in _cases(ended):
        while removed := _remove_some(ended.filter(key=case), case, files, ledger, now):
            count += removed
    return count


def _remove_some(
    ended: QuerySet[ObjectRow], case: str, files: Files, ledger: Ledger, now: Moment
) -> int:
    with transaction.atomic():
        locked(case)  # whoever puts one of them again waits, or has revived it
        rows = list(ended.order_by("name")[:_AT_ONCE])
        names = [row.name for row in rows]
        if names:
            files.remove(case, names)
            ObjectRow.objects.filter(pk__in=names).update(gone=now)
            ledger.append(list(_proofs(case, rows)), now)
    return len(names)


def _proofs(case: str, rows: Sequence[ObjectRow]) -> Iterator[Entry]:
    """Give an entry for each reason."""
    for how in sorted({row.how for row in rows}):
        objects = [[row.name, row.sha256] for row in rows if row.how == how]
        yield Entry(REMOVED, ITSELF, case=case, detail={"how": how, "objects": objects})


def destroy_key(case: str, ledger: Ledger, actor: str, why: str, now: Moment) -> bool:
    """See `service.Quarantine.destroy`; the files are there still, unreadable."""
    if not CaseKeyRow.objects.filter(case=case, wrapped__isnull=False).exists():
        return False
    with transaction.atomic():
        row = locked(case)
        if row.wrapped is None:
            return False
        row.wrapped, row.naming, row.destroyed = None, None, now
        row.save(update_fields=["wrapped", "naming", "destroyed"])
        there = ObjectRow.objects.filter(key=case, gone=None).update(ending=now, how=How.KEY)
        detail = {"public": row.public, "objects": there}
        ledger.append([Entry(KEY_DESTROYED, actor, why, case=case, detail=detail)], now)
    drop_old_writes()
    return True


def clear_partial(files: Files, now: Moment) -> None:
    """Remove what killed processes left half written; no put takes an hour."""
    files.clear_partial(now / 1_000_000 - _HOUR)


def _cases(rows: QuerySet[ObjectRow]) -> list[str]:
    return sorted(set(rows.values_list("key_id", flat=True).distinct()))
