"""The one door of this room."""

from postwarden.state.database import drop_old_writes, open_state, set_up
from postwarden.state.errors import StateBusy, StateError, StateMissing
from postwarden.state.settings import StateSettings

__all__ = [
    "StateBusy",
    "StateError",
    "StateMissing",
    "StateSettings",
    "drop_old_writes",
    "open_state",
    "set_up",
]
