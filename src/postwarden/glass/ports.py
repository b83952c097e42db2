"""What this room needs from outside."""

from typing import Protocol

from postwarden.relocation.service import Absence, Original, Wanted


class Reader(Protocol):
    """Reads one copy by the route to its store."""

    def __call__(self, store: str, wanted: Wanted) -> Original | Absence:
        """Give the copy that is meant, never another one, or why it is not there.

        Raises:
            PermanentRouteError: there is no route to the store, or it refuses.
            TemporaryRouteError: it could not be asked.
        """
