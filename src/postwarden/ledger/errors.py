"""The room's exceptions.

PostwardenError
└── LedgerError
    ├── KeysMissing      the installation's secrets are not there, or not readable (permanent)
    └── AnchorError      a tree head could not be written outside (temporary: tried again)
"""

from postwarden.vocabulary import PostwardenError


class LedgerError(PostwardenError):
    """The ledger could not do what it was asked."""


class KeysMissing(LedgerError):
    """The installation's secrets are not there, or not readable."""


class AnchorError(LedgerError):
    """A tree head could not be written outside; it will be tried again."""
