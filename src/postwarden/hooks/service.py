"""The one door of this room."""

from postwarden.hooks.desk import Delivery, Hook, Hooks, State
from postwarden.hooks.errors import BadHook, HookError, NoSuchHook, NotTaken
from postwarden.hooks.ports import Sender
from postwarden.hooks.rules import Event
from postwarden.hooks.settings import HookSettings
from postwarden.hooks.telling import Teller

__all__ = [
    "BadHook",
    "Delivery",
    "Event",
    "Hook",
    "HookError",
    "HookSettings",
    "Hooks",
    "NoSuchHook",
    "NotTaken",
    "Sender",
    "State",
    "Teller",
]
