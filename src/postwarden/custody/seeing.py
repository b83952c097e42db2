"""Plans as somebody may see them: with what concerns the organisations whose cases they may read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from postwarden.custody.rules import Act, Plan


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan, and those of its acts that concern the organisations of who asks."""

    plan: Plan
    acts: tuple[Act, ...]


def seen(
    plan: Plan, organisations: Collection[str] | None, organisation_of: Callable[[str], str]
) -> Seen | None:
    """Give a plan as it is seen from these organisations, None: all of them; None where it is not."""
    if organisations is None:
        return Seen(plan, plan.acts)
    acts = tuple(act for act in plan.acts if organisation_of(act.subject) in organisations)
    return Seen(plan, acts) if acts else None
