"""The one door of this room."""

from postwarden.worker.bearing import Bearer
from postwarden.worker.chores import (
    errand_chores,
    glass_chores,
    hold_chores,
    hook_chores,
    ledger_chores,
    life_chores,
    quarantine_chores,
    repair_chores,
)
from postwarden.worker.loop import Chore, Loop, Trouble

__all__ = [
    "Bearer",
    "Chore",
    "Loop",
    "Trouble",
    "errand_chores",
    "glass_chores",
    "hold_chores",
    "hook_chores",
    "ledger_chores",
    "life_chores",
    "quarantine_chores",
    "repair_chores",
]
