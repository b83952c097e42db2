"""The room's exceptions; all are permanent.

PostwardenError
└── GlassError
    ├── NoSuchRequest   there is none by that name, or it is not for who asks
    └── Refused         the rules do not allow it; nothing was read
"""

from postwarden.glass.rules import Refusal
from postwarden.vocabulary import PostwardenError


class GlassError(PostwardenError):
    """A message was not shown."""


class NoSuchRequest(GlassError):
    """There is no such request."""


class Refused(GlassError):
    """The rules do not allow it; nothing was read, and nothing changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
