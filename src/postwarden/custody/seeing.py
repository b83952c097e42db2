"""Plans as somebody may see them: with what concerns the organisations whose cases they may read."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from postwarden.custody.rules import Act, Plan

_OTHERS = frozenset({"deliver", "has-own"})
"""Details of an act that name accounts beside its subject."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan, and those of its acts that concern the organisations of who asks."""

    plan: Plan
    acts: tuple[Act, ...]


def accounts_of(act: Act) -> frozenset[str]:
    """Give every account that an act is about: its subject, and those that it names beside it."""
    return frozenset({act.subject, *(value for name, value in act.details if name in _OTHERS)})


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
