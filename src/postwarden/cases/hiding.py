"""Cases that are restricted to people by name: to everybody else they are not there."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from postwarden.cases.desk import Actor, System
from postwarden.cases.models import CaseRow, EntryRow, InsiderRow
from postwarden.cases.values import Case
from postwarden.state.service import Prepared

SPLIT, SPLIT_FROM = "case.split", "case.split-from"
"""Acts that tell of another case, each in one of the two that came out of it."""
KNOCKED = "case.knocked"
"""Somebody asks to be let in; in no case where there is none for them."""


def is_inside(actor: Actor, row: CaseRow) -> bool:
    """Tell whether somebody may know of a case that goes on, whatever their roles are."""
    if not row.restricted or isinstance(actor, System):
        return True
    return row.insiders.filter(name=actor.name).exists()


_RESTRICTED = Prepared(
    lambda name: (
        CaseRow.objects.filter(restricted=True)
        .exclude(insiders__name=name)
        .values_list("pk", flat=True)
    )
)


def hidden(actor: Actor) -> frozenset[str]:
    """Give the references of the cases that are restricted to others, with all that lead to them."""
    if isinstance(actor, System):
        return frozenset()
    found = ahead = {*_RESTRICTED(actor.name)}
    while ahead:
        rows = CaseRow.objects.filter(merged_into__in=ahead)
        ahead = set(rows.values_list("pk", flat=True)) - found
        found = found | ahead
    return frozenset(found)


def insiders_of(reference: str) -> frozenset[str] | None:
    """Give by name to whom the case that a reference leads to is restricted; None: to nobody, or there is none."""
    ahead: str | None = reference
    restricted = False
    while ahead:
        known = CaseRow.objects.filter(pk=ahead).values_list("restricted", "merged_into_id").first()
        reference, (restricted, ahead) = ahead, known or (False, None)
    if not restricted:
        return None
    names = InsiderRow.objects.filter(case=reference).values_list("name", flat=True)
    return frozenset(names)


def names_hidden(act: str, values: Mapping[str, Any], away: Collection[str]) -> bool:
    """Tell whether what an act says is that a case was split from one of these, or one of these from it."""
    return act in (SPLIT, SPLIT_FROM) and values.get("case") in away


def entries_seen(rows: QuerySet[EntryRow], away: Collection[str]) -> QuerySet[EntryRow]:
    """Give the entries of a timeline that do not tell of these cases, as `names_hidden` has it."""
    if not away:
        return rows
    return rows.exclude(act__in=(SPLIT, SPLIT_FROM), values__case__in=list(away))


def parted(case: Case, away: Collection[str]) -> Case:
    """Give a case as it is known to whom these cases are not: they do not hear that it came out of one."""
    return replace(case, split_from=None) if case.split_from in away else case


def restrict_alike(row: CaseRow, other: CaseRow) -> None:
    """Restrict a new case as the one that it came out of."""
    if row.restricted:
        CaseRow.objects.filter(pk=other.pk).update(restricted=True)
        InsiderRow.objects.bulk_create(
            InsiderRow(case=other, name=name)
            for name in row.insiders.values_list("name", flat=True)
        )
