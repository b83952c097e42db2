"""A simulated provider whose truth is known."""

from postwarden.drills.simulated.engine import LOG_CONDITIONS, simulate, truth_path
from postwarden.drills.simulated.truth import Row, Truth
from postwarden.drills.simulated.worlds import WORLDS, World

__all__ = ["LOG_CONDITIONS", "WORLDS", "Row", "Truth", "World", "simulate", "truth_path"]
