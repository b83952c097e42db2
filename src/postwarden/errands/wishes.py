"""What is wanted, as an effect has it."""

from collections.abc import Mapping
from typing import Any

from postwarden.errands.values import ExaminationWish, Kind, PlanningWish, ScanWish, Wish

_KINDS: Mapping[type[Any], Kind] = {
    ScanWish: Kind.SCAN,
    ExaminationWish: Kind.EXAMINATION,
    PlanningWish: Kind.PLANNING,
}


def written(wish: Wish) -> tuple[Kind, dict[str, Any]]:
    """Give the kind of what is wanted, and it as JSON has it."""
    return _KINDS[type(wish)], wish._asdict()


def read(kind: Kind, payload: Mapping[str, Any]) -> Wish:
    """Give what is wanted again."""
    if kind is Kind.SCAN:
        lists = {name: tuple(payload[name]) for name in ("accounts", "domains")}
        return ScanWish(**{**payload, **lists})
    return ExaminationWish(**payload) if kind is Kind.EXAMINATION else PlanningWish(**payload)
