"""The one door of this room."""

from postwarden.state.database import (
    bind,
    bound,
    drop_old_writes,
    failure,
    is_there,
    open_state,
    set_up,
)
from postwarden.state.errors import StateBusy, StateError, StateFailed, StateMissing
from postwarden.state.settings import StateSettings

__all__ = [
    "StateBusy",
    "StateError",
    "StateFailed",
    "StateMissing",
    "StateSettings",
    "bind",
    "bound",
    "drop_old_writes",
    "failure",
    "is_there",
    "open_state",
    "set_up",
]
