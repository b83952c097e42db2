"""Open holds a page at a time, in one query."""

import re
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from django.db.models import Count, Min, Q

from postwarden.cases.service import MOST, Asked, Desk, Page, hidden
from postwarden.holds.keeping import Held, Told, as_held, open_rows
from postwarden.holds.rules import Kind
from postwarden.people.service import Member, Permission
from postwarden.state.service import Remembered
from postwarden.vocabulary import Moment

_AFTER = re.compile(r"(.{0,320}) ([0-9]{1,18})", re.DOTALL)


def count_held() -> Mapping[Kind, int]:
    """Give how many holds of each kind are open."""
    counted = dict(open_rows().values_list("kind").annotate(Count("pk")).order_by())
    return {kind: counted.get(kind, 0) for kind in Kind}


def some_held(desk: Desk, who: Member, asked: Asked, case: str | None = None) -> Page[Held]:
    """Give open holds by account, of the organisations whose cases somebody may read.

    Args:
        desk: knows the organisations.
        who: asks.
        asked: `search` is looked for in accounts' names, `states` is of no matter.
        case: only of this one; None: of any.
    """
    there = who.organisations(Permission.CASE_READ)
    rows = open_rows() if case is None else open_rows().filter(case=case)
    rows = rows.exclude(case__in=hidden(who))
    if asked.search:
        rows = rows.filter(account__contains=asked.search.casefold())
    after = _AFTER.fullmatch(asked.after)
    if after:
        account, number = after[1], int(after[2])
        rows = rows.filter(Q(account__gt=account) | Q(account=account, pk__gt=number))
        rows = rows.filter(account__gte=account)  # which an index can begin with
    most = min(max(asked.most, 1), MOST)
    mine = (
        row
        for row in rows.order_by("account", "pk").iterator(most + 1)
        if there is None or desk.organisation_of(row.account) in there
    )
    some = list(islice(mine, most + 1))
    last = some[most - 1] if len(some) > most else None
    shown = tuple(map(as_held, some[:most]))
    return Page(shown, "" if last is None else f"{last.account} {last.pk}")


class HeldTold(NamedTuple):
    """How many accounts nobody logs in to, and since when the first of them; None where there is none."""

    accounts: int
    oldest: Moment | None


def held_told(desk: Desk, who: Member) -> HeldTold:
    """Count the accounts held, of the organisations whose cases somebody may read.

    Of tens of thousands that takes tens of milliseconds: where no case is hidden it is done once a revision.
    """
    there, away = who.organisations(Permission.CASE_READ), hidden(who)
    if away:  # merging and splitting gives holds to other cases, which is no revision
        return _held_told(desk, there, away)
    return _TOLD.get((Told().newest(), there), lambda: _held_told(desk, there, away))


_TOLD = Remembered[HeldTold](100)


def _held_told(desk: Desk, there: frozenset[str] | None, away: frozenset[str]) -> HeldTold:
    rows = open_rows().filter(kind=Kind.LOGIN).exclude(case__in=away)
    if there is None:
        told = rows.aggregate(accounts=Count("account", distinct=True), oldest=Min("since"))
        return HeldTold(**told)
    mine = [
        (account, since)
        for account, since in rows.values_list("account", "since").iterator()
        if desk.organisation_of(account) in there
    ]
    return HeldTold(len({one for one, _ in mine}), min((at for _, at in mine), default=None))
