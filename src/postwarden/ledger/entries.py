"""What an entry is, and the bytes its leaf covers (pure)."""

import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, NamedTuple

from postwarden.vocabulary import Moment

SALT = 16
ERASED = "ledger.erased"
_VERSION = 1
_HEAD = struct.Struct(">BQqHH")
_COMMITMENT = struct.Struct(">Q32s")
_SIZE = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done, or about to be done.

    Attributes:
        act: a dotted code such as "hold.requested"; never personal.
        actor: name of the identity, or "postwarden" for what the system does by itself.
        why: the reason given.
        case: reference of the case it belongs to; its key seals what is not personal to one.
        person: the account or person it is about; sealed under a key of their own.
        plan: hash of the plan it carries out, hex.
        detail: further facts, as JSON has them; sealed like `person` where that is given.
    """

    act: str
    actor: str
    why: str = ""
    case: str | None = None
    person: str | None = None
    plan: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)

    def common(self) -> dict[str, Any]:
        """Give what the case's key seals."""
        told: dict[str, Any] = {"actor": self.actor, "why": self.why}
        if self.plan is not None:
            told["plan"] = self.plan
        if self.person is None and self.detail:
            told["detail"] = dict(self.detail)
        return told

    def personal(self) -> dict[str, Any]:
        """Give what the person's key seals; empty when it is about no person."""
        if self.person is None:
            return {}
        told: dict[str, Any] = {"person": self.person}
        if self.detail:
            told["detail"] = dict(self.detail)
        return told


class Part(NamedTuple):
    """A sealed part: the number of its key, what it commits to, and the sealed bytes."""

    key: int
    commitment: bytes
    sealed: bytes


class Packed(NamedTuple):
    """The parts of an entry as two values: what its leaf covers, and what can be erased."""

    commitments: bytes
    sealed: bytes


def plaintext(told: Mapping[str, Any], salt: bytes) -> bytes:
    """Give the bytes that a part commits to and seals; equal facts and salt give equal bytes."""
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return salt + text.encode()


def facts_of(plain: bytes) -> dict[str, Any]:
    """Read a part's bytes back."""
    told: dict[str, Any] = json.loads(plain[SALT:])
    return told


def commitment(plain: bytes) -> bytes:
    """Give the salted commitment: it hides the facts even from who guesses them."""
    return sha256(plain).digest()


def pack(parts: Sequence[Part]) -> Packed:
    """Give parts as the values of two columns."""
    return Packed(
        b"".join([_COMMITMENT.pack(part.key, part.commitment) for part in parts]),
        b"".join([_SIZE.pack(len(part.sealed)) + part.sealed for part in parts]),
    )


def unpack(commitments: bytes, sealed: bytes) -> list[tuple[int, bytes, bytes]]:
    """Read what `pack` gave: key, commitment and sealed bytes of each part.

    Raises:
        ValueError: these bytes are no parts.
    """
    if len(commitments) % _COMMITMENT.size:
        raise ValueError("a commitment is cut short")
    parts: list[tuple[int, bytes, bytes]] = []
    place = 0
    for key, committed in _COMMITMENT.iter_unpack(commitments):
        start = place + _SIZE.size
        if start > len(sealed):
            raise ValueError("a part is missing")
        (size,) = _SIZE.unpack_from(sealed, place)
        place = start + size
        if place > len(sealed):
            raise ValueError("a part is cut short")
        parts.append((key, committed, sealed[start:place]))  # no Part: that takes twice as long
    if place != len(sealed):
        raise ValueError("there are more parts than commitments")
    return parts


def keys_of(commitments: bytes) -> list[int]:
    """Give the numbers of the keys of an entry's parts; none where these bytes are no parts."""
    if len(commitments) % _COMMITMENT.size:
        return []
    return [key for key, _ in _COMMITMENT.iter_unpack(commitments)]


def leaf_data(index: int, at: Moment, act: str, case: str | None, commitments: bytes) -> bytes:
    """Give the bytes of a leaf: its place, its open facts, and the commitments of its parts.

    Args:
        index: of the leaf, from 0: entries that changed places are seen one by one.
        at: when it was appended.
        act: see `Entry`.
        case: likewise.
        commitments: of `Packed`.
    """
    code, reference = act.encode(), (case or "").encode()
    head = _HEAD.pack(_VERSION, index, at, len(code), len(reference))
    return head + code + reference + commitments
