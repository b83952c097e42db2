"""The door of this part."""

from postwarden.relocation.drafting.counting import count
from postwarden.relocation.drafting.gathering import candidates, known_stores, stores_of
from postwarden.relocation.drafting.planning import Candidate, Surroundings, Wish, plan
from postwarden.relocation.drafting.records import repairs

__all__ = [
    "Candidate",
    "Surroundings",
    "Wish",
    "candidates",
    "count",
    "known_stores",
    "plan",
    "repairs",
    "stores_of",
]
