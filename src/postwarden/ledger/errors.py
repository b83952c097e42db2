"""The room's exceptions.

PostwardenError
└── LedgerError
    ├── KeysMissing      the installation's secrets are not there, or not readable (permanent)
    ├── FactsChanged     sealed facts are not those that were written (permanent)
    ├── NotNoted         what is read could not be put on record, and is not shown (temporary)
    └── AnchorError      a tree head could not be written outside (temporary: tried again)
"""

from postwarden.vocabulary import PostwardenError


class LedgerError(PostwardenError):
    """The ledger could not do what it was asked."""


class KeysMissing(LedgerError):
    """The installation's secrets are not there, or not readable."""


class FactsChanged(LedgerError):
    """Sealed facts are not those that were written; `verify` names all of them."""


class NotNoted(LedgerError):
    """The database could not take the note of what is read; it may be there all the same, and harms nothing."""


class AnchorError(LedgerError):
    """A tree head could not be written outside; it will be tried again."""
