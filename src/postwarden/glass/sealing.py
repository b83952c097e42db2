"""A message on its way from the worker to the browser of who reads it: sealed, and opened there alone.

For each reading a key pair is made (age, X25519). The public half lies in the database, where the worker finds
it; the private half goes to the browser that asked and is kept nowhere else. So neither the database, its log of
writes, nor a backup of both can be opened later.
"""

import json

from pyrage import DecryptError, IdentityError, decrypt, encrypt
from pyrage.x25519 import Identity, Recipient

from postwarden.glass.text import LeftOut, Shown


def new_key() -> tuple[str, str]:
    """Make a key pair; give the public half, and the private one."""
    identity = Identity.generate()
    return str(identity.to_public()), str(identity)


def sealed(message: Shown, public: str) -> bytes:
    """Seal a message for who holds the private half."""
    return encrypt(json.dumps(message).encode(), [Recipient.from_str(public)])


def unsealed(content: bytes, private: str) -> Shown | None:
    """Open what `sealed` gave; None with a key that is another one, or none."""
    try:
        told = json.loads(decrypt(content, [Identity.from_str(private)]))
    except (IdentityError, DecryptError):
        return None
    headers, text, left_out, cut = told
    names = tuple((name, value) for name, value in headers)
    return Shown(names, text, tuple(LeftOut(*one) for one in left_out), cut)
