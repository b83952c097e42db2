"""What the quarantine needs from outside."""

from collections.abc import Collection, Sequence
from typing import Protocol


class Preserving(Protocol):
    """Knows what must stay as it is, for a legal reason."""

    def __call__(self, case: str, names: Sequence[str]) -> Collection[str]:
        """Give those of a case's objects that must stay.

        Args:
            case: reference that they were put under.
            names: of objects.
        """


def nothing_preserved(case: str, names: Sequence[str]) -> Collection[str]:  # noqa: ARG001  # the port's
    """Let every object go, where nobody can place a hold."""
    return ()
