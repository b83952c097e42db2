"""The installation's own secrets: one that wraps all keys, and one that signs tree heads.

They lie in files beside the database, never in it: a copy of the database alone reveals nothing.
"""

import os
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from postwarden.durable.service import create_text, make_folder
from postwarden.ledger.errors import KeysMissing

_WRAPPING = "wrapping.key"
_SIGNING = "signing.key"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Both secrets: 32 bytes that wrap keys, and the key of tree heads."""

    wrapping: bytes
    signing: Ed25519PrivateKey

    @property
    def public(self) -> Ed25519PublicKey:
        """The public half of the signing key, for who checks."""
        return self.signing.public_key()


def load_secrets(folder: str) -> Secrets:
    """Read the secrets of a data directory; make them where it is new.

    Promise: of several processes that make them at once all get the same; a secret that was once
    returned stays.

    Raises:
        KeysMissing: they cannot be read or made.
    """
    place = os.path.join(folder, "keys")
    try:
        make_folder(place)
        wrapping, signing = (_secret(os.path.join(place, name)) for name in (_WRAPPING, _SIGNING))
    except OSError as error:
        raise KeysMissing(f"{error.filename or place}: {error.strerror}") from error
    except ValueError as error:
        raise KeysMissing(f"{place}: a key is damaged; restore it from its backup") from error
    return Secrets(wrapping, Ed25519PrivateKey.from_private_bytes(signing))


def _secret(path: str) -> bytes:
    if not os.path.exists(path):
        with suppress(FileExistsError):
            create_text(path, b64encode(os.urandom(32)).decode() + "\n")
    with open(path, encoding="ascii") as file:
        secret = b64decode(file.read(), validate=False)
    if len(secret) != 32:
        raise ValueError(path)
    return secret
