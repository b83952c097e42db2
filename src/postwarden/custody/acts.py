"""Acts of plans, and many of them in little memory (pure)."""

import json
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import NamedTuple, overload
from zlib import compress, decompress


class Kind(StrEnum):
    """Kinds of acts."""

    HOLD = "hold"
    RELEASE = "release"
    RELEASE_PROVEN = "release-proven"
    RELOCATE = "relocate"
    DELIVER = "deliver"
    DEDUPLICATE = "deduplicate"
    KEEP = "keep"
    LEAVE = "leave"
    RESTORE = "restore"


class Act(NamedTuple):
    """One thing to do: to whom or what, and how (pairs of text, in order)."""

    kind: Kind
    subject: str
    details: tuple[tuple[str, str], ...] = ()


_BEGINS = '{"acts":['
_KINDS = {kind.value: kind for kind in Kind}
_OTHERS = frozenset({"deliver", "has-own"})
"""Details of an act that name accounts beside its subject."""
_Told = tuple[str, str, list[tuple[str, str]]]
_TOGETHER = 256
"""Acts of a piece: what is asked for one of them reads all."""


def accounts_of(act: Act) -> frozenset[str]:
    """Give every account that an act is about: its subject, and those that it names beside it."""
    return frozenset({act.subject, *(value for name, value in act.details if name in _OTHERS)})


class Packed(Sequence[Act]):
    """The acts of a plan as its text has them; all but a few are compressed, a tenth of their size.

    To go through them in order costs little more than if they were not.
    """

    def __init__(self, pieces: Sequence[bytes], count: int, kinds: frozenset[Kind]) -> None:
        """Bind them; see `packed`.

        Args:
            pieces: of `_TOGETHER` acts each, but the last one.
            count: of all acts.
            kinds: that there are among them.
        """
        self._pieces, self._count, self.kinds = pieces, count, kinds
        self._read: tuple[int, tuple[Act, ...]] = (-1, ())

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Act: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Act, ...]: ...
    def __getitem__(self, at: int | slice) -> Act | tuple[Act, ...]:
        if isinstance(at, slice):
            return tuple([self[one] for one in range(*at.indices(self._count))])
        place = at + self._count if at < 0 else at
        if not 0 <= place < self._count:
            raise IndexError(at)
        piece, within = divmod(place, _TOGETHER)
        read = self._read
        if read[0] != piece:
            read = self._read = piece, self._piece(piece)
        return read[1][within]

    def __iter__(self) -> Iterator[Act]:
        return chain.from_iterable(map(self._piece, range(len(self._pieces))))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _piece(self, at: int) -> tuple[Act, ...]:
        return tuple([_act(one) for one in json.loads(decompress(self._pieces[at]))])


def _act(told: _Told) -> Act:
    kind, subject, details = told
    return Act(_KINDS[kind], subject, tuple([(name, value) for name, value in details]))


class _Rest:
    """What has not been read of a text that comes in pieces."""

    def __init__(self, pieces: Iterable[str]) -> None:
        self._pieces = iter(pieces)
        self.text = ""

    def grow(self) -> bool:
        """Add a piece; False where there is none left."""
        piece = next(self._pieces, None)
        self.text += piece or ""
        return piece is not None

    def whole(self) -> str:
        """Give all of it."""
        return self.text + "".join(self._pieces)


def packed(pieces: Iterable[str]) -> tuple[Packed, str]:
    """Read the acts of a plan's text, one by one; give them, and the text that follows them.

    Args:
        pieces: of the text, in order; no more than one or two are in memory.

    Raises:
        ValueError, LookupError, TypeError: it is the text of no plan.
    """
    rest = _Rest(pieces)
    while len(rest.text) < len(_BEGINS) and rest.grow():
        pass
    if not rest.text.startswith(_BEGINS):
        raise ValueError("it begins with no acts")
    rest.text = rest.text[len(_BEGINS) :]
    kept, kinds, count = list[bytes](), set[Kind](), 0
    each = _each(rest)
    while some := list(islice(each, _TOGETHER)):
        kinds.update(_act(act).kind for act, _ in some)
        kept.append(compress(b"[%b]" % ",".join(text for _, text in some).encode(), 1))
        count += len(some)
    return Packed(kept, count, frozenset(kinds)), rest.whole().removeprefix(",")


def _each(rest: _Rest) -> Iterator[tuple[_Told, str]]:
    """Give each act, and its text; `rest` is what follows the last one then."""
    decoder = json.JSONDecoder()
    text, at = rest.text, 0
    while text[at : at + 1] != "]":
        try:
            told, end = decoder.raw_decode(text, at)
            follows = text[end]
        except (ValueError, IndexError):
            rest.text = text[at:]
            if not rest.grow():
                raise
            text, at = rest.text, 0
            continue
        yield told, text[at:end]
        at = end + (follows == ",")
    rest.text = text[at + 1 :]


def kinds_of(acts: Sequence[Act]) -> frozenset[Kind]:
    """Give the kinds that there are among acts."""
    return acts.kinds if isinstance(acts, Packed) else frozenset(act.kind for act in acts)
