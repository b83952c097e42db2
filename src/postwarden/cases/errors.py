"""The room's exceptions; all are permanent until something else is asked.

PostwardenError
└── CaseError
    ├── NoSuchCase     there is no case, task or report of that name
    └── Refused        the rules do not allow it; `refusal` has the code and what it is about
"""

from postwarden.cases.rules import Refusal
from postwarden.vocabulary import PostwardenError


class CaseError(PostwardenError):
    """Nothing was changed."""


class NoSuchCase(CaseError):
    """There is no case, or nothing in one, of that name."""


class Refused(CaseError):
    """The rules do not allow it."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code} {refusal.about}".rstrip())
        self.refusal = refusal
