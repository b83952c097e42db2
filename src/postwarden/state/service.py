"""The one door of this room."""

from postwarden.state.copying import POSTGRESQL, SQLITE, copy_in, copy_out, is_empty, kind
from postwarden.state.database import (
    bind,
    bound,
    drop_old_writes,
    failure,
    follow,
    is_there,
    open_state,
    set_up,
)
from postwarden.state.errors import StateBusy, StateError, StateFailed, StateMissing
from postwarden.state.prepared import Prepared
from postwarden.state.remembering import Remembered
from postwarden.state.settings import StateSettings
from postwarden.state.texts import in_pieces

__all__ = [
    "POSTGRESQL",
    "SQLITE",
    "Prepared",
    "Remembered",
    "StateBusy",
    "StateError",
    "StateFailed",
    "StateMissing",
    "StateSettings",
    "bind",
    "bound",
    "copy_in",
    "copy_out",
    "drop_old_writes",
    "failure",
    "follow",
    "in_pieces",
    "is_empty",
    "is_there",
    "kind",
    "open_state",
    "set_up",
]
