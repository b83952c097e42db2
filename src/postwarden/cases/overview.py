"""All cases, a page at a time, and who may know of one.

A page costs the same number of queries, however many cases there are; which organisations a case concerns
is looked at here, for databases do not look into lists alike.
"""

import re
from collections.abc import Collection, Mapping
from itertools import islice

from django.db.models import Count, Q

from postwarden.cases.clocks import Clock, clocks
from postwarden.cases.desk import Actor, may_for_one, seen
from postwarden.cases.errors import NoSuchCase
from postwarden.cases.hiding import hidden, parted
from postwarden.cases.keeping import found, frozen
from postwarden.cases.listing import MOST, Asked, Page
from postwarden.cases.models import CaseRow
from postwarden.cases.values import Case, Stage
from postwarden.cases.views import where
from postwarden.people.service import Permission
from postwarden.vocabulary import said

_OPENED = re.compile(r"([0-9]{1,18}) ([0-9-]{1,16})")


def known(actor: Actor, name: str, permissions: Collection[Permission]) -> str:
    """Give the reference that a case goes on by, to who may know of it.

    Args:
        actor: who asks.
        name: its reference, or one that leads to it.
        permissions: whoever has one of these for an organisation that the case concerns knows of it.

    Raises:
        NoSuchCase: there is none, as far as they may know.
    """
    row = found(where(name), actor)
    for one in permissions:
        there = seen(actor, one)
        if there is None or not there.isdisjoint(row.organisations):
            return str(row.reference)
    raise NoSuchCase(said("{name}: there is no such case", name=name))


def count_cases() -> Mapping[Stage, int]:
    """Give how many cases there are in each stage, restricted ones left out."""
    every = CaseRow.objects.filter(restricted=False)
    counted = dict(every.values_list("stage").annotate(Count("pk")).order_by())
    return {stage: counted.get(stage, 0) for stage in Stage}


def running_clocks() -> list[Clock]:
    """Give the clocks that run, the one that runs out first before all others, restricted cases left out."""
    rows = CaseRow.objects.filter(stage=Stage.OPEN, restricted=False).prefetch_related("tasks")
    return clocks(frozen(row, ()) for row in rows)


def some_cases(actor: Actor, asked: Asked, stages: Collection[Stage] = ()) -> Page[Case]:
    """Give cases that concern the actor's organisations, newest first, without accounts.

    Args:
        actor: who asks.
        asked: `search` is looked for in titles, `states` is of no matter.
        stages: only cases in one of these; none: in any.

    Raises:
        NotAllowed: the actor reads no cases at all.
    """
    there = seen(actor, Permission.CASE_READ)
    may_for_one(actor, Permission.CASE_READ, there or ("",))
    most = min(max(asked.most, 1), MOST)
    away = hidden(actor)
    rows = CaseRow.objects.exclude(pk__in=away)
    if asked.search:
        rows = rows.filter(title__icontains=asked.search)
    if stages:
        rows = rows.filter(stage__in=stages)
    after = _OPENED.fullmatch(asked.after)
    if after:
        at, reference = int(after[1]), after[2]
        rows = rows.filter(Q(opened__lt=at) | Q(opened=at, reference__lt=reference))
    named = rows.order_by("-opened", "-reference").values_list(
        "opened", "reference", "organisations"
    )
    mine = (
        (opened, reference)
        for opened, reference, organisations in named.iterator()
        if there is None or not there.isdisjoint(organisations)
    )
    some = list(islice(mine, most + 1))
    wanted = some[:most]
    full = CaseRow.objects.filter(reference__in=[one for _, one in wanted])
    by_name = {
        row.reference: parted(frozen(row, ()), away) for row in full.prefetch_related("tasks")
    }
    found_cases = tuple(by_name[one] for _, one in wanted)
    return Page(found_cases, "{} {}".format(*wanted[-1]) if len(some) > len(wanted) else "")
