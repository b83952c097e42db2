"""The one door of this room."""

from postwarden.state.database import open_state, set_up
from postwarden.state.errors import StateBusy, StateError, StateMissing
from postwarden.state.settings import StateSettings

__all__ = ["StateBusy", "StateError", "StateMissing", "StateSettings", "open_state", "set_up"]
