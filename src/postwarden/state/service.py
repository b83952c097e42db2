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
from postwarden.state.texts import in_pieces

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
    "in_pieces",
    "is_there",
    "open_state",
    "set_up",
]
