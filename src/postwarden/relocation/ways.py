"""Which way copies go is part of what was approved: nothing is done by another one (pure)."""

from collections.abc import Mapping

from postwarden.custody.service import Plan
from postwarden.relocation.acts import ways_of
from postwarden.relocation.errors import PermanentRouteError
from postwarden.relocation.ports import Route


def must_be_as_planned(plan: Plan, routes: Mapping[str, Route]) -> None:
    """Raise `PermanentRouteError` where a store is reached by another way now, or by none.

    Args:
        plan: of repairs.
        routes: by store, as postwarden.toml has them now.
    """
    for store, way in sorted({pair for act in plan.acts for pair in ways_of(act)}):
        now = routes[store].name if store in routes else "no way at all"
        if now != way:
            raise PermanentRouteError(
                f'store "{store}": it was approved to go by {way}, and postwarden.toml now says {now}.'
                " Nothing more is done: put that back, or plan the repair anew"
            )
