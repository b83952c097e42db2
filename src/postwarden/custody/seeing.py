"""Plans as somebody may see them: with what concerns the organisations whose cases they may read."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from postwarden.custody.acts import Act, accounts_of
from postwarden.custody.rules import Plan


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan, and those of its acts that concern the organisations of who asks."""

    plan: Plan
    acts: Sequence[Act]


def seen(
    plan: Plan, organisations: Collection[str] | None, organisation_of: Callable[[str], str]
) -> Seen | None:
    """Give a plan as it is seen from these organisations, None: all of them; None where it is not.

    Left out is an act that names an account of any other organisation.
    """
    if organisations is None:
        return Seen(plan, plan.acts)
    acts = tuple(
        act for act in plan.acts if {*map(organisation_of, accounts_of(act))} <= {*organisations}
    )
    return Seen(plan, acts) if acts else None
