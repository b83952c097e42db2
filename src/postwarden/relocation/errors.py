"""The room's exceptions.

PostwardenError
└── RelocationError
    ├── NothingToRepair       the case has no copy that a plan could put right (permanent)
    ├── NothingToDecide       no copy of that plan waits for a person under that id (permanent)
    ├── CarriedElsewhere      another process carries the plan out just now (temporary)
    ├── OtherKind             a plan is of another kind than the one asked for (permanent)
    ├── PermanentRouteError   a store refuses, and would again: wrong key, no such account
    ├── TemporaryRouteError   a store could not be asked, and nothing was done there; ask again later
    └── AmbiguousRouteError   nobody knows whether it was done: look before anything else is tried
"""

from postwarden.vocabulary import PostwardenError


class RelocationError(PostwardenError):
    """A copy could not be put where it belongs."""


class NothingToRepair(RelocationError):
    """No copy of the case can be put right; nothing was planned."""


class NothingToDecide(RelocationError):
    """No copy of the plan waits for a person under that id; nothing was changed."""


class CarriedElsewhere(RelocationError):
    """Another process carries the plan out just now; nothing was done."""


class OtherKind(RelocationError):
    """A plan is of another kind than the one asked for; nothing was done."""


class PermanentRouteError(RelocationError):
    """A store refuses, and would refuse again; nothing was changed by what was asked."""


class TemporaryRouteError(RelocationError):
    """A store could not be asked; nothing was changed by what was asked."""


class AmbiguousRouteError(RelocationError):
    """What was asked may or may not have been done, or may be done yet."""
