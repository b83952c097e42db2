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
_PART = struct.Struct(">Q32sI")


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


def pack(parts: Sequence[Part]) -> bytes:
    """Give parts as one value of a column."""
    return b"".join(
        _PART.pack(part.key, part.commitment, len(part.sealed)) + part.sealed for part in parts
    )


def unpack(packed: bytes) -> list[Part]:
    """Read packed parts; raise ValueError for bytes that are none."""
    parts: list[Part] = []
    place = 0
    while place < len(packed):
        if len(packed) - place < _PART.size:
            raise ValueError("a part is cut short")
        key, committed, size = _PART.unpack_from(packed, place)
        place += _PART.size
        if len(packed) - place < size:
            raise ValueError("a part is cut short")
        parts.append(Part(key, committed, packed[place : place + size]))
        place += size
    return parts


def leaf_data(index: int, at: Moment, act: str, case: str | None, parts: Sequence[Part]) -> bytes:
    """Give the bytes of a leaf: its place, its open facts, and the commitments of its parts.

    Args:
        index: of the leaf, from 0: entries that changed places are seen one by one.
        at: when it was appended.
        act: see `Entry`.
        case: likewise.
        parts: in order.
    """
    code, reference = act.encode(), (case or "").encode()
    keys = b"".join([part.key.to_bytes(8) + part.commitment for part in parts])
    return _HEAD.pack(_VERSION, index, at, len(code), len(reference)) + code + reference + keys
