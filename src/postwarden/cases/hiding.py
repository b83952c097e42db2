"""Cases that are restricted to people by name: to everybody else they are not there."""

from postwarden.cases.desk import Actor, System
from postwarden.cases.models import CaseRow, InsiderRow


def is_inside(actor: Actor, row: CaseRow) -> bool:
    """Tell whether somebody may know of a case that goes on, whatever their roles are."""
    if not row.restricted or isinstance(actor, System):
        return True
    return row.insiders.filter(name=actor.name).exists()


def hidden(actor: Actor) -> frozenset[str]:
    """Give the references of the cases that are restricted to others, with all that lead to them."""
    if isinstance(actor, System):
        return frozenset()
    restricted = CaseRow.objects.filter(restricted=True).exclude(insiders__name=actor.name)
    found = ahead = set(restricted.values_list("pk", flat=True))
    while ahead:
        rows = CaseRow.objects.filter(merged_into__in=ahead)
        ahead = set(rows.values_list("pk", flat=True)) - found
        found = found | ahead
    return frozenset(found)


def restrict_alike(row: CaseRow, other: CaseRow) -> None:
    """Restrict a new case as the one that it came out of."""
    if row.restricted:
        CaseRow.objects.filter(pk=other.pk).update(restricted=True)
        InsiderRow.objects.bulk_create(
            InsiderRow(case=other, name=name)
            for name in row.insiders.values_list("name", flat=True)
        )
