"""The one door of this room."""

from postwarden.worker.chores import (
    hold_chores,
    hook_chores,
    ledger_chores,
    quarantine_chores,
    repair_chores,
)
from postwarden.worker.loop import Chore, Loop

__all__ = [
    "Chore",
    "Loop",
    "hold_chores",
    "hook_chores",
    "ledger_chores",
    "quarantine_chores",
    "repair_chores",
]
