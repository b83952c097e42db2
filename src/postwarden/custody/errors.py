"""The room's exceptions.

PostwardenError
└── CustodyError
    ├── Refused        the rules do not allow it (permanent); `refusal` has the code
    └── NoSuchPlan     there is no plan of that hash (permanent)
"""

from postwarden.custody.rules import Refusal
from postwarden.vocabulary import PostwardenError


class CustodyError(PostwardenError):
    """A plan could not be frozen, approved or run; nothing was changed."""


class NoSuchPlan(CustodyError):
    """There is no plan of that hash, or several begin so."""


class Refused(CustodyError):
    """The rules do not allow it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.value)
        self.refusal = refusal
