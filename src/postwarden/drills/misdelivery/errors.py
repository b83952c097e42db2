"""What can go wrong with a drill.

DrillError
├── NoStock      the real messages to send are not there
├── InUse        somebody works with Postwarden on that lab already
├── NotAsMeant   the servers did something else than the drill can know the truth of
└── StepFailed   a command of the case ended otherwise than it has to
"""

from postwarden.vocabulary import PostwardenError


class DrillError(PostwardenError):
    """The drill cannot go on; the text says why, what was kept, and what to do."""


class NoStock(DrillError):
    """The real messages to send are not there."""


class InUse(DrillError):
    """Somebody works with Postwarden on that lab already; nothing was done."""


class NotAsMeant(DrillError):
    """What lies in the mailboxes is not what the drill knows to be true, so it could judge nothing."""


class StepFailed(DrillError):
    """A command of the case ended otherwise than it has to."""
