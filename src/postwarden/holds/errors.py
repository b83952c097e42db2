"""The room's exceptions.

PostwardenError
└── HoldError
    ├── NothingToDo        no account was named, or none of them can be held or released (permanent)
    ├── ProjectionUnfit    the file that servers read cannot be written (temporary)
    └── ControlError       a door to a server failed; what it did is not known until it is looked up
"""

from postwarden.vocabulary import PostwardenError


class HoldError(PostwardenError):
    """A hold or release could not be done."""


class NothingToDo(HoldError):
    """No account is left to hold or release; nothing was changed."""


class ProjectionUnfit(HoldError):
    """The file that servers read cannot be written; they go by what it said before."""


class ControlError(HoldError):
    """A server did not answer as it should; it may have done what it was asked."""
