"""OpenSSH signatures (PROTOCOL.sshsig) by ssh-ed25519 keys: what `ssh-keygen -Y sign` writes."""

import binascii
import hashlib
import re
import struct
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from postwarden.people.errors import BadKey

NAMESPACE = "postwarden"
_KIND = b"ssh-ed25519"
_MAGIC = b"SSHSIG"
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_ARMOUR = re.compile(
    r"\s*-----BEGIN SSH SIGNATURE-----\s+([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----\s*\Z"
)
_MOST = 10_000


def public_key(text: str) -> str:
    """Give an OpenSSH public key as `ssh-ed25519 BASE64`, its comment left out.

    Raises:
        BadKey: it is none, or of another kind.
    """
    words = text.split()
    if len(words) < 2 or words[0] != _KIND.decode():
        raise BadKey(
            "only keys of type ssh-ed25519 are taken; `ssh-keygen -t ed25519` makes one, and its"
            " public half is in the file that ends with .pub"
        )
    _raw(words[1])
    return f"{words[0]} {words[1]}"


def fingerprint(public: str) -> str:
    """Give a public key's fingerprint as `ssh-keygen -l` prints it."""
    digest = hashlib.sha256(_decoded(public.split()[1])).digest()
    return f"SHA256:{b64encode(digest).decode().rstrip('=')}"


def check(message: bytes, signature: str, public: str) -> None:
    """Check an armoured signature over a message, in the namespace "postwarden".

    Raises:
        BadKey: it is none, of another key or namespace, or wrong.
    """
    armour = _ARMOUR.match(signature) if len(signature) <= _MOST else None
    if armour is None:
        raise BadKey("the signature is not one that `ssh-keygen -Y sign` writes")
    reader = _Reader(_decoded("".join(armour[1].split())))
    if reader.take(6) != _MAGIC or reader.take(4) != b"\x00\x00\x00\x01":
        raise BadKey("the signature is not one that `ssh-keygen -Y sign` writes")
    key, namespace, reserved, hashed = (reader.string() for _ in range(4))
    signed = _Reader(reader.string())
    kind, value = signed.string(), signed.string()
    if not reader.at_end or not signed.at_end or kind != _KIND or hashed not in _HASHES:
        raise BadKey("the signature is of a kind that is not taken")
    if key != _decoded(public.split()[1]):
        raise BadKey("the signature is of another key")
    if namespace != NAMESPACE.encode():
        raise BadKey(f"the signature is for another purpose; sign with -n {NAMESPACE}")
    parts = (namespace, reserved, hashed, _HASHES[hashed](message).digest())
    covered = _MAGIC + b"".join(struct.pack(">I", len(part)) + part for part in parts)
    try:
        _raw(public.split()[1]).verify(value, covered)
    except InvalidSignature:
        raise BadKey("the signature is wrong: it is of other words, or was changed") from None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    @property
    def at_end(self) -> bool:
        return self._place == len(self._data)

    def take(self, size: int) -> bytes:
        """Give the next bytes; raise `BadKey` where there are too few."""
        piece = self._data[self._place : self._place + size]
        if len(piece) != size:
            raise BadKey("the signature is cut short")
        self._place += size
        return piece

    def string(self) -> bytes:
        """Give the next string (RFC 4251 section 5)."""
        return self.take(int.from_bytes(self.take(4)))


def _raw(encoded: str) -> Ed25519PublicKey:
    reader = _Reader(_decoded(encoded))
    kind, raw = reader.string(), reader.string()
    if kind != _KIND or len(raw) != 32 or not reader.at_end:
        raise BadKey("the key is damaged")
    return Ed25519PublicKey.from_public_bytes(raw)


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadKey("the key or signature is damaged") from None
