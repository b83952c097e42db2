"""The worlds: one small function each, registered by name."""

from postwarden.drills.simulated.worlds import (
    addresses,
    aliases,
    demo,
    holders,
    homes,
    letters,
    stores,
)
from postwarden.drills.simulated.worlds.registry import WORLDS, World

__all__ = [
    "WORLDS",
    "World",
    "addresses",
    "aliases",
    "demo",
    "holders",
    "homes",
    "letters",
    "stores",
]
