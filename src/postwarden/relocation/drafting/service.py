"""The door of this part."""

from postwarden.relocation.drafting.counting import count
from postwarden.relocation.drafting.gathering import candidates, known_stores, stores_of
from postwarden.relocation.drafting.planning import plan
from postwarden.relocation.drafting.records import repairs
from postwarden.relocation.drafting.weighing import Candidate, Surroundings, Wish

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
