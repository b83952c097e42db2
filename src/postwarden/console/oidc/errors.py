"""What keeps a provider's word from counting.

PostwardenError
└── NotSignedIn      the provider's answer lets nobody in; permanent: the same answer never will
    └── ProviderAway the provider could not be asked; temporary: trying again can help
"""

from postwarden.vocabulary import PostwardenError


class NotSignedIn(PostwardenError):
    """The provider's answer lets nobody in; the text says why and what to do."""


class ProviderAway(NotSignedIn):
    """The provider does not answer, or not as one; the text says what to do meanwhile."""
