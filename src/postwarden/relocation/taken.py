"""Out of whose mailboxes objects of the quarantine were taken."""

from collections.abc import Collection, Sequence

from postwarden.relocation.models import CopyRow

_MANY = 400


def taken_from(cases: Collection[str], names: Sequence[str]) -> list[tuple[str, str]]:
    """Give object and account, of the objects among names that repairs of these cases put there."""
    rows = CopyRow.objects.filter(case__in=cases).order_by("pk")
    return [
        pair
        for start in range(0, len(names), _MANY)
        for pair in rows.filter(quarantined__in=names[start : start + _MANY]).values_list(
            "quarantined", "holder"
        )
    ]
