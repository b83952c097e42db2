"""Rows of errands: as others see them, their effects, and what stands of them on record."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count

from postwarden.errands.models import ErrandRow
from postwarden.errands.values import Errand, Kind, Stage, Step
from postwarden.ledger.service import Entry, Ledger
from postwarden.vocabulary import Moment, said_again

_GOING = (Stage.WAITING, Stage.RUNNING)


def effect_of(kind: Kind) -> str:
    """Give the kind of an errand's effect."""
    return f"errand.{kind}"


def frozen(row: ErrandRow) -> Errand:
    """Give an errand as it is."""
    return Errand(
        number=row.pk,
        kind=Kind(row.kind),
        case=row.case,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        about=row.about,
        stage=Stage(row.stage),
        step=Step(row.step, row.done, row.total, row.found),
        step_at=row.step_at,
        told_at=row.told_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        trouble="" if row.trouble is None else said_again(row.trouble),
    )


def count_going() -> Mapping[tuple[Kind, Stage], int]:
    """Give how many errands of each kind wait, and how many are under way."""
    going = ErrandRow.objects.filter(stage__in=_GOING).values_list("kind", "stage")
    counted = {
        (kind, stage): count for kind, stage, count in going.annotate(Count("pk")).order_by()
    }
    return {(kind, stage): counted.get((kind, stage), 0) for kind in Kind for stage in _GOING}


def note(
    ledger: Ledger, errand: Errand, what: str, actor: str, facts: Mapping[str, Any], now: Moment
) -> None:
    """Write of an errand into the record, in the caller's transaction."""
    detail = {"errand": errand.number, **facts}
    entry = Entry(f"{errand.kind}.{what}", actor, case=errand.case or None, detail=detail)
    ledger.append([entry], now)
