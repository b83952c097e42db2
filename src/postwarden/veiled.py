"""Names of accounts in addresses of pages and in cursors: no proxy's log or browser's history names anybody.

What stands for something is the same each time, and only this installation can read it. An account's opens
for every colleague, so that an address can be handed on: who unveils it asks the rooms first whether its
reader may be told (`cases.named_to`). What somebody searched for, and where their page of a list begins,
opens for nobody else, and for no other use.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from enum import StrEnum
from functools import lru_cache
from hashlib import sha512

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings


class Use(StrEnum):
    """What something was veiled for."""

    ACCOUNT = "account"
    SEARCH = "search"
    CURSOR = "cursor"


def veil(account: str) -> str:
    """Give what stands for an account, for whoever may be told; letters, digits, "-" and "_"."""
    return _veiled(account, [Use.ACCOUNT.encode()])


def unveil(text: str) -> str | None:
    """Give the account that something stands for; None where it stands for none.

    Whether its reader may be told is to be asked before they are.
    """
    return _unveiled(text, [Use.ACCOUNT.encode()])


def veil_for(reader: str, use: Use, text: str) -> str:
    """Give what stands for a text to one reader, named as they sign in, and for one use."""
    return _veiled(text, [use.encode(), reader.encode()])


def unveil_for(reader: str, use: Use, text: str) -> str | None:
    """Give the text that something stands for; None where it is nobody's, another's, or for another use."""
    return _unveiled(text, [use.encode(), reader.encode()])


def _veiled(text: str, bound: list[bytes]) -> str:
    sealed = _cipher().encrypt(text.encode(), bound)
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def _unveiled(text: str, bound: list[bytes]) -> str | None:
    try:
        sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return _cipher().decrypt(sealed, bound).decode()
    except (Error, InvalidTag, ValueError):
        return None


def _cipher() -> AESSIV:
    return _cipher_of(settings.SECRET_KEY)


@lru_cache(1)  # a list of accounts has one for each of its rows
def _cipher_of(secret: str) -> AESSIV:
    return AESSIV(sha512(b"accounts in addresses" + secret.encode()).digest())
