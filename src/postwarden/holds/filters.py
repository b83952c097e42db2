"""Suspending and restoring accounts' redirects and vacations: their active Sieve script.

What was active is kept before anything is done to it, so that a worker that is killed, or answered too
late, leaves enough for the next one: it looks, and goes on.
"""

from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection, transaction

from postwarden.holds.errors import ControlError
from postwarden.holds.keeping import chunks
from postwarden.holds.models import AccountRow
from postwarden.holds.ports import MailControl, Scripts
from postwarden.ledger.service import Entry, Ledger
from postwarden.people.service import ITSELF
from postwarden.vocabulary import Moment

Filters = dict[str, Any]


def suspend(
    accounts: Collection[str], control: MailControl, ledger: Ledger, now: Moment
) -> frozenset[str]:
    """Leave held accounts without an active script; give those that are held no more by then.

    Raises:
        ControlError: not all of them could be; what was active is known for all.
    """
    wanted = [one.account for one in _rows(accounts) if _is_to_suspend(one)]
    there = control.scripts(wanted)
    _keep_unknown(set(wanted) - there.keys(), ledger, now)
    known: dict[str, Filters] = {}
    with transaction.atomic():
        for row in _locked(there):
            if row.filters is None:
                row.filters = _before(there[row.account])
                row.save(update_fields=["filters"])
            known[row.account] = row.filters
    control.deactivate(known)
    after = control.scripts(known)
    still = sorted(account for account, found in after.items() if found.active is not None)
    if still:
        raise ControlError(f"{still[0]}: its Sieve script is still active")
    return _keep_suspended(known, after, ledger, now)


def restore(
    accounts: Collection[str], control: MailControl, ledger: Ledger, now: Moment
) -> frozenset[str]:
    """Make active again what was, for accounts no longer held; give those that are held by then.

    Raises:
        ControlError: not all of it could be.
    """
    wanted = {one.account: one.filters for one in _rows(accounts) if _is_to_restore(one)}
    there = control.scripts(wanted)
    scripts = {}
    for account, found in there.items():
        active = _was_active(wanted[account], found)
        if active in found.names:
            scripts[account] = active
    control.activate(scripts)
    after = control.scripts(scripts)
    for account, active in scripts.items():
        if account not in after or after[account].active != active:
            raise ControlError(f"{account}: its Sieve script {active} is not active again")
    return _keep_restored(wanted, scripts, ledger, now)


def _keep_unknown(accounts: Collection[str], ledger: Ledger, now: Moment) -> None:
    """Note which held accounts the user database does not know: a name may be mistyped."""
    with transaction.atomic():
        for row in _locked(accounts):
            row.filters = {"names": [], "active": None, "suspended": True, "unknown": True}
            row.save(update_fields=["filters"])
        entries = [Entry("hold.account-unknown", ITSELF, person=one) for one in sorted(accounts)]
        ledger.append(entries, now)


def _keep_suspended(
    known: Mapping[str, Filters], after: Mapping[str, Scripts], ledger: Ledger, now: Moment
) -> frozenset[str]:
    freed, entries = set(), []
    with transaction.atomic():
        for row in _locked(known):
            active = _was_active(known[row.account], after[row.account])
            row.filters = {**known[row.account], "active": active, "suspended": True}
            row.save(update_fields=["filters"])
            if not row.held:
                freed.add(row.account)
            if active:
                detail = {"script": active}
                entries.append(
                    Entry("hold.filters-suspended", ITSELF, person=row.account, detail=detail)
                )
        ledger.append(entries, now)
    return frozenset(freed)


def _keep_restored(
    wanted: Mapping[str, Filters | None], scripts: Mapping[str, str], ledger: Ledger, now: Moment
) -> frozenset[str]:
    held, entries = set(), []
    with transaction.atomic():
        for row in _locked(wanted):
            filters = wanted[row.account] or {}
            if row.held:  # again, meanwhile: what was active stays known, and is suspended again
                row.filters = {**filters, "suspended": False}
                held.add(row.account)
            else:
                row.filters = None
            row.save(update_fields=["filters"])
            active = scripts.get(row.account)
            if active or filters.get("active"):
                act = "hold.filters-restored" if active else "hold.filters-gone"
                detail = {"script": active or filters["active"]}
                entries.append(Entry(act, ITSELF, person=row.account, detail=detail))
        ledger.append(entries, now)
    return frozenset(held)


def _before(found: Scripts) -> Filters:
    return {"names": sorted(found.names), "active": found.active, "suspended": False}


def _was_active(filters: Filters | None, found: Scripts) -> str:
    """Give the script that was active: as kept, or the one that deactivating moved into the storage."""
    if filters is None:
        return ""
    if filters["active"] is not None:
        return str(filters["active"])
    moved = sorted(found.names - set(filters["names"]))
    return moved[0] if moved else ""


def _is_to_suspend(row: AccountRow) -> bool:
    return row.held and (row.filters is None or not row.filters["suspended"])


def _is_to_restore(row: AccountRow) -> bool:
    return not row.held and row.filters is not None


def _rows(accounts: Collection[str]) -> list[AccountRow]:
    return [row for some in chunks(accounts) for row in AccountRow.objects.filter(account__in=some)]


def _locked(accounts: Collection[str]) -> list[AccountRow]:
    rows = AccountRow.objects.all()
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return [
        row for some in chunks(accounts) for row in rows.filter(account__in=some).order_by("pk")
    ]
