"""Names of accounts in addresses of pages and in cursors: no proxy's log or browser's history names anybody.

What stands for an account is the same each time, and only this installation can read it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha512

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings


def veil(account: str) -> str:
    """Give what stands for an account; letters, digits, "-" and "_"."""
    sealed = _cipher().encrypt(account.encode(), None)
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def unveil(text: str) -> str | None:
    """Give the account that something stands for; None where it stands for none."""
    try:
        sealed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return _cipher().decrypt(sealed, None).decode()
    except (Error, InvalidTag, ValueError):
        return None


def _cipher() -> AESSIV:
    return AESSIV(sha512(b"accounts in addresses" + settings.SECRET_KEY.encode()).digest())
