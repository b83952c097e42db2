"""Signed tree heads as text: checkpoints (C2SP tlog-checkpoint) in signed notes (C2SP signed-note).

example.net/postwarden
1432
<root, base64>
time 2026-11-20T08:00:00Z

— example.net/postwarden <key id and Ed25519 signature, base64>
"""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from postwarden.vocabulary import Moment, VocabularyError, from_rfc3339, rfc3339

_ALGORITHM = b"\x01"  # Ed25519, by the signed-note specification
_DASH = "\u2014 "


class NotACheckpoint(ValueError):
    """The text is no checkpoint, or its signature is not of this key."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head.

    Attributes:
        origin: names the ledger, such as "example.net/postwarden".
        size: leaves covered.
        root: RFC 6962 root over them.
        at: when it was signed.
    """

    origin: str
    size: int
    root: bytes
    at: Moment

    def text(self) -> str:
        """Give the text that is signed."""
        root = b64encode(self.root).decode()
        return f"{self.origin}\n{self.size}\n{root}\ntime {rfc3339(self.at)}\n"


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> str:
    """Give the signed note."""
    text = checkpoint.text()
    known = _key_id(checkpoint.origin, key.public_key())
    signature = b64encode(known + key.sign(text.encode())).decode()
    return f"{text}\n{_DASH}{checkpoint.origin} {signature}\n"


def read(note: str, key: Ed25519PublicKey) -> Checkpoint:
    """Read a signed note and check its signature; raise `NotACheckpoint`.

    Only the one form that `sign` gives is read: no other byte can stand in a note.
    """
    text, _, line = note.partition("\n\n")
    text += "\n"
    checkpoint = _parsed(text)
    signature = _decoded(line.rpartition(" ")[2])
    if note != f"{text}\n{_DASH}{checkpoint.origin} {b64encode(signature).decode()}\n":
        raise NotACheckpoint("the text is no signed tree head")
    if signature[:4] != _key_id(checkpoint.origin, key):
        raise NotACheckpoint("the tree head is not signed by the ledger's key")
    try:
        key.verify(signature[4:], text.encode())
    except InvalidSignature:
        raise NotACheckpoint("the signature of the tree head is wrong") from None
    return checkpoint


def _parsed(text: str) -> Checkpoint:
    lines = text.split("\n")
    try:
        origin, size, root, time = lines[0], lines[1], lines[2], lines[3]
        found = Checkpoint(
            origin,
            int(size),
            b64decode(root, validate=True),
            from_rfc3339(time.removeprefix("time ")),
        )
    except (IndexError, ValueError, BadBase64, VocabularyError):
        raise NotACheckpoint("the text is no tree head") from None
    if found.text() != text:
        raise NotACheckpoint("the text is no tree head")
    return found


def _decoded(value: str) -> bytes:
    try:
        return b64decode(value.removesuffix("\n"), validate=True)
    except (BadBase64, ValueError):
        return b""


def _key_id(origin: str, key: Ed25519PublicKey) -> bytes:
    return sha256(origin.encode() + b"\n" + _ALGORITHM + key.public_bytes_raw()).digest()[:4]
