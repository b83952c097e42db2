"""Plans as somebody may see them: with what concerns the organisations whose cases they may read."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from postwarden.custody.acts import Act, accounts_of
from postwarden.custody.rules import Plan, Stage
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan, and those of its acts that concern the organisations of who asks."""

    plan: Plan
    acts: Sequence[Act]


class Place(NamedTuple):
    """Where a plan is in the list of all: when it was made, and its hash."""

    made: Moment
    hash: str


class PlansWanted(NamedTuple):
    """Which plans are wanted.

    Attributes:
        most: so many of them.
        after: those that come after this place; None: the first ones.
        cases: only those of these cases; None: of any.
        stages: only those in one of these stages; empty: in any.
    """

    most: int
    after: Place | None = None
    cases: Collection[str] | None = None
    stages: Collection[Stage] = ()


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
