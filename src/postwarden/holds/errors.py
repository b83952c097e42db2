"""The room's exceptions.

PostwardenError
└── HoldError
    ├── NothingToDo        no account was named, or none of them can be held or released (permanent)
    ├── ProjectionUnfit    the file that servers read cannot be written (temporary)
    └── ControlError       a door to a server failed; what it did is not known until it is looked up
"""

from collections.abc import Mapping, Sequence

from postwarden.holds.rules import Refusal
from postwarden.vocabulary import PostwardenError


class HoldError(PostwardenError):
    """A hold or release could not be done."""


class NothingToDo(HoldError):
    """No account is left to hold or release; nothing was changed. `left` has each with why."""

    def __init__(self, told: str, left: Sequence[tuple[str, Refusal]] = ()) -> None:
        super().__init__(told)
        self.left = left


class ProjectionUnfit(HoldError):
    """The file that servers read cannot be written; they go by what it said before."""


class ControlError(HoldError):
    """A server did not answer as it should; it may have done what it was asked.

    Attributes:
        sessions: where they were asked for, those of the servers that did answer.
    """

    def __init__(self, told: str, sessions: Mapping[str, int] | None = None) -> None:
        super().__init__(told)
        self.sessions = {} if sessions is None else sessions
