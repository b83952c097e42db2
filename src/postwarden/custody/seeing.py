"""Plans as somebody may see them: with what concerns the organisations whose cases they may read."""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from postwarden.custody.acts import Act, accounts_of
from postwarden.custody.rules import Plan, Stage
from postwarden.vocabulary import Moment

_PLACE = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Seen:
    """A plan, and those of its acts that concern the organisations of who asks."""

    plan: Plan
    acts: Sequence[Act]


class Place(NamedTuple):
    """Where a plan is in the list of all: when it was made, and its hash."""

    made: Moment
    hash: str

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """Read what `str` gave; None where it is none."""
        found = _PLACE.fullmatch(text)
        return None if found is None else cls(int(found[1]), found[2])

    def __str__(self) -> str:
        """Write it, for who asks for the next page."""
        return f"{self.made} {self.hash}"


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
