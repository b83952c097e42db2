"""What can go wrong with a source.

SourceError
├── PermanentSourceError    trying again will not help (no such file, wrong password, wrong query)
├── TemporarySourceError    trying again may help (server down, time-out before anything was read)
└── AmbiguousSourceError    part was read, and what is missing is not known
"""

from postwarden.vocabulary import PostwardenError


class SourceError(PostwardenError):
    """A source could not be read; the text says which and what to do."""


class PermanentSourceError(SourceError):
    """Trying again will not help."""


class TemporarySourceError(SourceError):
    """Trying again may help."""


class AmbiguousSourceError(SourceError):
    """Part was read, and what is missing is not known."""
