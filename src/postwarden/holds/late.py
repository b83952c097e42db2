"""Accounts that a host's servers began to refuse later than they were held: who came in meanwhile ends.

Another host's worker may have been down, or its file damaged, so that logins were let in after the
sessions of the hold had been ended.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db import transaction

from postwarden.holds.effects import SESSIONS, due_sessions
from postwarden.holds.keeping import chunks, locked_accounts, open_rows
from postwarden.holds.models import AccountRow
from postwarden.holds.rules import Kind
from postwarden.state import outbox
from postwarden.vocabulary import Moment

_IN_TIME = 5_000_000
"""Microseconds until which the effects of the hold itself see who came in."""


def refused_late(accounts: Sequence[str], now: Moment, in_time: int = _IN_TIME) -> None:
    """Let the sessions of these accounts be ended once more, where the hold's own effects may be past.

    Called again, because the file could not be written, it adds nothing to what is still to be done.

    Args:
        accounts: held, and let in until now.
        now: when.
        in_time: for how long after a hold its own effects are trusted to be still to come.
    """
    late = _late(accounts, now - in_time)
    if not late:
        return
    with transaction.atomic():
        due = _due()
        for plan, theirs in late.items():
            for some in chunks(theirs):
                if (plan, *some) in due:
                    continue
                due_sessions(plan, some, now)
                kept = [row.pk for row in locked_accounts(some)]
                AccountRow.objects.filter(pk__in=kept).update(sessions_ended=None)


def _late(accounts: Sequence[str], before: Moment) -> dict[str, list[str]]:
    """Give those that were held before a time, by the plan that held them first."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for some in chunks(accounts):
        rows = open_rows().filter(account__in=some, kind=Kind.LOGIN, since__lt=before)
        plans = dict(rows.order_by("-since", "-pk").values_list("account", "plan"))
        for account in some:
            if account in plans:
                found[plans[account]].append(account)
    return found


def _due() -> set[tuple[str, ...]]:
    """Give the plan and accounts of each look at sessions that nobody has begun with."""
    waiting = outbox.waiting([SESSIONS])
    return {(one.subject, *one.payload["accounts"]) for one, _ in waiting if not one.attempts}
