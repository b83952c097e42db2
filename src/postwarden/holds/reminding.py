"""What happens when holds have lasted for a time: who is proven clean is released, the rest is recalled.

Nothing else is released by time passing. The reminder stands in the case, and `postwarden holds` has it.
"""

from collections import defaultdict
from collections.abc import Callable

from django.db import transaction

from postwarden.cases import service as cases
from postwarden.holds.desk import HoldDesk, Wish
from postwarden.holds.effects import due_reminder
from postwarden.holds.errors import NothingToDo
from postwarden.holds.keeping import open_rows
from postwarden.holds.rules import Kind
from postwarden.ledger.service import Entry
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment

_HOUR = 3_600_000_000


def remind(holds: HoldDesk, effect: Effect, clock: Callable[[], Moment]) -> None:
    """Carry a reminder out; the next one is decided with it, while the plan still holds anybody."""
    for case, accounts in _held_by(effect.subject).items():
        if case:
            _release_proven(holds, case, accounts, clock)
    with transaction.atomic():
        if not outbox.finish(effect):
            return
        now = clock()
        left = _held_by(effect.subject)
        for case, accounts in left.items():
            _recall(holds, effect.subject, case, accounts, now)
        if left:
            due_reminder(effect.subject, now + holds.remind_after)


def _held_by(plan: str) -> dict[str, list[str]]:
    """Give the accounts that a plan still holds, by the case that the hold belongs to now."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    rows = open_rows().filter(plan=plan, kind=Kind.LOGIN).order_by("account")
    for case, account in rows.values_list("case", "account"):
        found[case].append(account)
    return found


def _release_proven(
    holds: HoldDesk, case: str, accounts: list[str], clock: Callable[[], Moment]
) -> None:
    wish = Wish(tuple(accounts), case, "proven clean")
    try:
        planned = holds.release_proven(wish, cases.SYSTEM, clock())
    except NothingToDo:
        return
    holds.carry(planned.plan.hash, clock)


def _recall(holds: HoldDesk, plan: str, case: str, accounts: list[str], now: Moment) -> None:
    since = min(open_rows().filter(plan=plan).values_list("since", flat=True))
    told = {"count": len(accounts), "hours": (now - since) // _HOUR}
    if case:
        cases.add_entry(holds.desk, cases.SYSTEM, case, "holds.recalled", told, now)
    else:
        holds.desk.ledger.append(
            [Entry("holds.recalled", cases.SYSTEM.name, plan=plan, detail=told)], now
        )
