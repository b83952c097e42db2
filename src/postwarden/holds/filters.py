"""Suspending and restoring accounts' redirects and vacations: their active Sieve script.

What was active is kept before anything is done to it, so that a worker that is killed, or answered too
late, leaves enough for the next one: it looks, and goes on. One account's trouble is nobody else's: the
others are brought to their end, and only those that failed are tried again.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.db import transaction

from postwarden.holds.keeping import chunks, locked_accounts
from postwarden.holds.models import AccountRow
from postwarden.holds.ports import MailControl, Scripts
from postwarden.ledger.service import Entry, Ledger
from postwarden.people.service import ITSELF
from postwarden.vocabulary import Moment

Filters = dict[str, Any]


class Outcome(NamedTuple):
    """What is left to do.

    Attributes:
        turned: accounts whose hold began or ended meanwhile.
        failed: accounts that could not be looked at or changed.
    """

    turned: frozenset[str]
    failed: frozenset[str]


class Noted(NamedTuple):
    """Where it is kept what was done to accounts.

    Attributes:
        ledger: the record.
        plan: that it is done for.
        whose: the case of each account that its entries are of; None for none.
    """

    ledger: Ledger
    plan: str
    whose: Mapping[str, str | None]

    def entry(self, act: str, account: str, **detail: str) -> Entry:
        """Give what is recorded of an account."""
        case = self.whose[account]
        return Entry(act, ITSELF, case=case, person=account, plan=self.plan, detail=detail)


def suspend(accounts: Collection[str], control: MailControl, noted: Noted, now: Moment) -> Outcome:
    """Leave held accounts without an active script.

    Raises:
        ControlError: the server does not answer; what was active is known for whoever was changed.
    """
    wanted = [one.account for one in _rows(accounts) if one.held]
    found = control.scripts(wanted)
    _keep_unknown(set(wanted) - found.keys(), noted, now)
    there = {one: scripts for one, scripts in found.items() if scripts is not None}
    known = _keep_before(there)
    control.deactivate(known)
    after = {
        account: scripts
        for account, scripts in control.scripts(known).items()
        if scripts is not None and scripts.active is None
    }
    failed = (found.keys() - there.keys()) | (known.keys() - after.keys())
    return Outcome(_keep_suspended(known, after, noted, now), frozenset(failed))


def restore(accounts: Collection[str], control: MailControl, noted: Noted, now: Moment) -> Outcome:
    """Make active again what was, for accounts no longer held, unless their holders chose meanwhile.

    Raises:
        ControlError: the server does not answer.
    """
    wanted: dict[str, Filters] = {
        one.account: one.filters
        for one in _rows(accounts)
        if not one.held and one.filters is not None
    }
    found = control.scripts([one for one, filters in wanted.items() if filters["active"] != ""])
    was = {
        account: _was_active(wanted[account], scripts)
        for account, scripts in found.items()
        if scripts is not None
    }
    scripts = {
        account: was[account]
        for account, there in found.items()
        if there is not None and there.active is None and was[account] in there.names
    }
    control.activate(scripts)
    after = {**found, **dict.fromkeys(scripts), **control.scripts(scripts)}
    active = {
        account: "" if there is None else there.active or "" for account, there in after.items()
    }
    failed = frozenset(
        one for one, there in after.items() if there is None or (one in scripts and not active[one])
    )
    settled = {
        account: {**filters, "active": was.get(account, filters["active"])}
        for account, filters in wanted.items()
        if account not in failed
    }
    return Outcome(_keep_restored(settled, active, noted, now), failed)


def _keep_unknown(accounts: Collection[str], noted: Noted, now: Moment) -> None:
    """Note which held accounts the user database does not know: a name may be mistyped."""
    with transaction.atomic():
        entries = []
        for row in locked_accounts(accounts):
            if not _is_unknown(row.filters):
                row.filters = {"names": [], "active": "", "suspended": True, "unknown": True}
                row.save(update_fields=["filters"])
                entries.append(noted.entry("hold.account-unknown", row.account))
        noted.ledger.append(entries, now)


def _keep_before(there: Mapping[str, Scripts]) -> dict[str, Filters]:
    """Keep what was active before it is suspended; give what is kept of those that have to be.

    Where a script is active though it was suspended, the holder chose it between two holds.
    """
    known: dict[str, Filters] = {}
    with transaction.atomic():
        for row in locked_accounts(there):
            scripts, filters = there[row.account], row.filters
            is_over = filters is not None and filters["suspended"]
            if is_over and scripts.active is None and not _is_unknown(filters):
                continue
            if filters is None or is_over:
                filters = row.filters = _before(scripts)
                row.save(update_fields=["filters"])
            known[row.account] = filters
    return known


def _keep_suspended(
    known: Mapping[str, Filters], after: Mapping[str, Scripts], noted: Noted, now: Moment
) -> frozenset[str]:
    freed, entries = set(), []
    with transaction.atomic():
        for row in locked_accounts(after):
            active = _was_active(known[row.account], after[row.account])
            row.filters = {**known[row.account], "active": active, "suspended": True}
            row.save(update_fields=["filters"])
            if not row.held:
                freed.add(row.account)
            if active:
                entries.append(noted.entry("hold.filters-suspended", row.account, script=active))
        noted.ledger.append(entries, now)
    return frozenset(freed)


def _keep_restored(
    settled: Mapping[str, Filters], active: Mapping[str, str], noted: Noted, now: Moment
) -> frozenset[str]:
    """Forget what was suspended, and give those held again by now.

    Args:
        settled: what was kept of them, "active" known.
        active: the script that is active now, "" for none; nothing for accounts unknown to the server.
        noted: the record.
        now: when.
    """
    held, entries = set(), []
    with transaction.atomic():
        for row in locked_accounts(settled):
            filters, there = settled[row.account], active.get(row.account, "")
            row.filters = None
            if row.held:
                held.add(row.account)
                if not there and not _is_unknown(filters):
                    row.filters = {**filters, "suspended": False}  # what was active stays known
            row.save(update_fields=["filters"])
            if script := filters["active"]:
                entries.append(noted.entry(_restored(script, there), row.account, script=script))
        noted.ledger.append(entries, now)
    return frozenset(held)


def _restored(script: str, active: str) -> str:
    if active not in ("", script):  # the holder's own choice since the release
        return "hold.filters-left"
    return "hold.filters-restored" if active == script else "hold.filters-gone"


def _before(found: Scripts) -> Filters:
    return {"names": sorted(found.names), "active": found.active, "suspended": False}


def _was_active(filters: Filters, found: Scripts) -> str:
    """Give the script that was active: as kept, or the one that deactivating moved into the storage."""
    if filters["active"] is not None:
        return str(filters["active"])
    moved = sorted(found.names - set(filters["names"]))
    return moved[0] if moved else ""


def _is_unknown(filters: Filters | None) -> bool:
    return filters is not None and bool(filters.get("unknown"))


def _rows(accounts: Collection[str]) -> list[AccountRow]:
    return [row for some in chunks(accounts) for row in AccountRow.objects.filter(account__in=some)]
