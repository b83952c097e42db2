"""Who may be no second person beside whom: one of them let the other in, by the console."""

from collections.abc import Collection, Mapping

from postwarden.people.models import TieRow
from postwarden.state.service import Prepared

Ties = Mapping[str, Collection[str]]


def ties() -> Ties:
    """Give who let whom in: by name, those who added or invited them in the console."""
    found: dict[str, set[str]] = {}
    for name, by in _EVERY():
        found.setdefault(name, set()).add(by)
    return found


_EVERY = Prepared(lambda: TieRow.objects.values_list("identity__name", "by__name"))


def tied(one: str, other: str, known: Ties | None = None) -> bool:
    """Tell whether two people may be one: whoever let somebody in saw the link that sets their password.

    So it is where one let the other in, by however many steps, and where a third let both in. Two of one
    name are not looked at: rooms have a refusal of their own for that.

    Args:
        one: by name.
        other: likewise.
        known: of `ties`; None to ask for it.
    """
    if one == other:
        return False
    told = ties() if known is None else known
    return not _origins(one, told).isdisjoint(_origins(other, told))


def _origins(name: str, told: Ties) -> set[str]:
    """Give somebody, and all whom they go back to."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        nearer = ahead.pop()
        if nearer not in found:
            found.add(nearer)
            ahead.extend(told.get(nearer, ()))
    return found
