"""What can go wrong with errands.

ErrandError
├── AskedAlready   the same is asked for, or under way
├── NoSuchErrand   there is none of that number, or none that somebody may know of
├── Ended          it is at its end: nothing can be stopped any more
└── ErrandLost     somebody stopped it, or another worker has it
"""

from postwarden.vocabulary import PostwardenError


class ErrandError(PostwardenError):
    """An errand cannot be what was asked; the text says why and what to do."""


class AskedAlready(ErrandError):
    """The same is asked for already; nothing was done."""


class NoSuchErrand(ErrandError):
    """There is no such errand."""


class Ended(ErrandError):
    """It is at its end."""


class ErrandLost(ErrandError):
    """It is not the caller's any more: whatever it was about to write is not written."""
