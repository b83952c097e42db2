"""The words every room uses: addresses, accounts, moments, the provider.

Purpose: pure values and the few total functions on them.
Input and output: Python values only; no I/O, no clock, no randomness, no Django.
Promise: equal input gives equal output; what cannot be understood raises `VocabularyError`.
"""

from postwarden.vocabulary.addresses import Address, normal, split_extension
from postwarden.vocabulary.errors import PostwardenError, VocabularyError
from postwarden.vocabulary.moments import Moment, from_rfc3339, moment_of, rfc3339
from postwarden.vocabulary.provider import Provider
from postwarden.vocabulary.saying import Said, counted, joined, kept, said, said_again

__all__ = [
    "Address",
    "Moment",
    "PostwardenError",
    "Provider",
    "Said",
    "VocabularyError",
    "counted",
    "from_rfc3339",
    "joined",
    "kept",
    "moment_of",
    "normal",
    "rfc3339",
    "said",
    "said_again",
    "split_extension",
]
