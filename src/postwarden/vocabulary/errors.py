"""The root of every exception tree; each room draws its own below it.

PostwardenError
└── VocabularyError   a value that no room could use (an address without a domain, a bad date)
"""


class PostwardenError(Exception):
    """Anything Postwarden raises on purpose; its text is a sentence for the person on call."""


class VocabularyError(PostwardenError, ValueError):
    """The text given is not the value it was taken for."""
