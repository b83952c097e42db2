"""The one door of this room."""

from postwarden.worker.chores import ledger_chores
from postwarden.worker.loop import Chore, Loop

__all__ = ["Chore", "Loop", "ledger_chores"]
