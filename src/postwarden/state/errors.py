"""The room's exceptions.

PostwardenError
└── StateError          the state cannot be used
    ├── StateMissing    the data directory or the database cannot be opened (permanent)
    ├── StateBusy       another process holds it for longer than we wait (temporary)
    └── StateFailed     the database failed on the way (temporary; ambiguous only at its very commit)
"""

from postwarden.vocabulary import PostwardenError


class StateError(PostwardenError):
    """The state cannot be used; nothing was changed."""


class StateMissing(StateError):
    """The data directory cannot be made, or the database cannot be reached."""


class StateBusy(StateError):
    """Another process holds the database for longer than we wait; trying again may help."""


class StateFailed(StateError):
    """The database failed on the way; the transaction under way is there as a whole or not at all."""
