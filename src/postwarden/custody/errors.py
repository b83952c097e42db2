"""The room's exceptions.

PostwardenError
└── CustodyError
    ├── Refused              the rules do not allow it (permanent); `refusal` has the code
    ├── NoSuchPlan           there is no plan of that hash (permanent)
    └── QuarantineError
        ├── BadRecipient     what should be an age recipient is none, or none is named (permanent)
        ├── WrongIdentity    no identity given opens the key of the case (permanent)
        ├── KeyDestroyed     the key of the case is gone, with all that it opened (permanent)
        ├── Preserved        a legal preservation covers what was to be destroyed (permanent)
        ├── SealerLost       the process that encrypts has ended; seal again (temporary)
        ├── ObjectMissing    it was never kept, was removed on record, or is lost (permanent)
        └── ObjectChanged    it is not what was kept (permanent)
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


class QuarantineError(CustodyError):
    """Something could not be put into quarantine, or not be read from it."""


class BadRecipient(QuarantineError):
    """What should be an age recipient is none, or none is named; nothing was kept."""


class WrongIdentity(QuarantineError):
    """No identity that was given opens the key of the case."""


class KeyDestroyed(QuarantineError):
    """The key of the case was destroyed: nothing is kept for it, and nothing can be read."""


class Preserved(QuarantineError):
    """A legal preservation covers what was to be destroyed; nothing was."""


class SealerLost(QuarantineError):
    """The process that encrypts has ended; nothing was kept, and it is to be asked again."""


class ObjectMissing(QuarantineError):
    """There is no such object: it was never kept, was removed on record, or is lost."""


class ObjectChanged(QuarantineError):
    """An object is not what was kept under its name."""
