"""Removing objects whose time is up, and destroying the key of a case; each with its record.

Objects are ended in one transaction with the entry that says so, and removed in another one with the
entry that proves it: names and hashes. Killed in between, the next round goes on. What a legal preservation
covers is neither ended nor removed, which is on record once.
"""

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet

from postwarden.custody.errors import Preserved
from postwarden.custody.models import CaseKeyRow, ObjectRow
from postwarden.custody.quarantine.case_keys import locked
from postwarden.custody.quarantine.files import Files
from postwarden.custody.quarantine.ports import Preserving
from postwarden.ledger.service import Entry, Ledger
from postwarden.people.service import ITSELF
from postwarden.state.service import drop_old_writes
from postwarden.vocabulary import Moment

ENDED = "quarantine.ended"
PRESERVED = "quarantine.preserved"
REMOVED = "quarantine.removed"
KEY_DESTROYED = "quarantine.key-destroyed"
_AT_ONCE = 200  # objects in one entry
_HOUR = 3_600


class How(StrEnum):
    """Why an object is removed, or is not though its time is up."""

    RETENTION = "retention"
    KEY = "key-destroyed"
    PRESERVED = "preserved"


def end_due(ledger: Ledger, preserving: Preserving, now: Moment) -> int:
    """End the retention of what was kept until now; give how many objects that are."""
    count = 0
    due = ObjectRow.objects.filter(gone=None, ending=None, until__lte=now)
    for case in _cases(due):
        last = ""
        while names := _names(due.filter(key=case, pk__gt=last)):
            count += _end_some(names, case, ledger, preserving, now)
            last = names[-1]
    return count


def _end_some(
    names: Sequence[str], case: str, ledger: Ledger, preserving: Preserving, now: Moment
) -> int:
    with transaction.atomic():
        locked(case)
        there = ObjectRow.objects.filter(pk__in=names, gone=None, ending=None, until__lte=now)
        due = _names(there)
        kept = _preserve(preserving(case, due), case, ledger, now)
        ended = [name for name in due if name not in kept]
        if ended:
            there.filter(pk__in=ended).update(ending=now, how=How.RETENTION)
            detail = {"how": How.RETENTION.value, "objects": ended}
            ledger.append([Entry(ENDED, ITSELF, case=case, detail=detail)], now)
    return len(ended)


def _preserve(covered: Collection[str], case: str, ledger: Ledger, now: Moment) -> frozenset[str]:
    """Keep objects whose time is up, in the caller's transaction; say so once of each."""
    rows = ObjectRow.objects.filter(pk__in=covered)
    new = sorted(rows.exclude(how=How.PRESERVED).values_list("pk", flat=True))
    rows.update(ending=None, how=How.PRESERVED)
    if new:
        ledger.append([Entry(PRESERVED, ITSELF, case=case, detail={"objects": new})], now)
    return frozenset(covered)


def remove_ended(files: Files, ledger: Ledger, preserving: Preserving, now: Moment) -> int:
    """Remove the files of objects that were ended; give how many objects that are.

    Raises:
        OSError: some are there still; nothing says that they are gone.
    """
    count = 0
    ended = ObjectRow.objects.filter(gone=None, ending__isnull=False)
    for case in _cases(ended):
        while names := _names(ended.filter(key=case)):
            count += _remove_some(names, case, files, ledger, preserving, now)
    return count


def _remove_some(  # what is removed, from where, and what says so
    names: Sequence[str],
    case: str,
    files: Files,
    ledger: Ledger,
    preserving: Preserving,
    now: Moment,
) -> int:
    with transaction.atomic():
        locked(case)  # whoever puts one of them again waits, or has revived it
        there = ObjectRow.objects.filter(pk__in=names, gone=None, ending__isnull=False)
        in_time = _names(there.filter(how=How.RETENTION))  # a hold may have come since
        kept = _preserve(preserving(case, in_time), case, ledger, now)
        rows = list(there.exclude(pk__in=kept).order_by("name"))
        if rows:
            files.remove(case, [row.name for row in rows])
            there.update(gone=now)
            ledger.append(list(_proofs(case, rows)), now)
    return len(rows)


def _names(rows: QuerySet[ObjectRow]) -> list[str]:
    return list(rows.order_by("name").values_list("name", flat=True)[:_AT_ONCE])


def _proofs(case: str, rows: Sequence[ObjectRow]) -> Iterator[Entry]:
    """Give an entry for each reason."""
    for how in sorted({row.how for row in rows}):
        objects = [[row.name, row.sha256] for row in rows if row.how == how]
        yield Entry(REMOVED, ITSELF, case=case, detail={"how": how, "objects": objects})


def destroy_key(  # whose, and what is put on record of it
    case: str, ledger: Ledger, preserving: Preserving, actor: str, why: str, now: Moment
) -> bool:
    """See `service.Quarantine.destroy`; the files are there still, unreadable."""
    if not CaseKeyRow.objects.filter(case=case, wrapped__isnull=False).exists():
        return False
    with transaction.atomic():
        row = locked(case)
        if row.wrapped is None:
            return False
        must_be_free(case, preserving)
        row.wrapped, row.naming, row.destroyed = None, None, now
        row.save(update_fields=["wrapped", "naming", "destroyed"])
        there = ObjectRow.objects.filter(key=case, gone=None).update(ending=now, how=How.KEY)
        detail = {"public": row.public, "objects": there}
        ledger.append([Entry(KEY_DESTROYED, actor, why, case=case, detail=detail)], now)
    drop_old_writes()
    return True


def must_be_free(case: str, preserving: Preserving) -> None:
    """Raise `Preserved` where a legal preservation covers something that a case has in quarantine."""
    rows = ObjectRow.objects.filter(key=case, gone=None).order_by("name")
    covered = preserving(case, list(rows.values_list("name", flat=True)))
    if covered:
        raise Preserved(
            f"case {case}: {len(covered)} of its objects are under legal preservation, and the key stays;"
            " see `postwarden holds`, and end it by `postwarden release --preserve` first"
        )


def clear_partial(files: Files, now: Moment) -> None:
    """Remove what killed processes left half written; no put takes an hour."""
    files.clear_partial(now / 1_000_000 - _HOUR)


def _cases(rows: QuerySet[ObjectRow]) -> list[str]:
    return sorted(set(rows.values_list("key_id", flat=True).distinct()))
