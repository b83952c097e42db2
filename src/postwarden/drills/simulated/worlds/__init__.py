"""The worlds: one small function each, registered by name."""

from postwarden.drills.simulated.worlds import aliases, demo
from postwarden.drills.simulated.worlds.registry import WORLDS, World

__all__ = ["WORLDS", "World", "aliases", "demo"]
