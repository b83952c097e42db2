"""What pages are made from."""

from postwarden.rooms import Rooms, opened, present

__all__ = ["Rooms", "opened", "present"]
