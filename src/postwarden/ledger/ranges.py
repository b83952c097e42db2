"""A range of leaves, checked by itself: so that several processes can share a ledger between them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import connection

from postwarden.ledger.checkpoint import Checkpoint, NotACheckpoint, read
from postwarden.ledger.entries import ERASED, commitment, facts_of, leaf_data, unpack
from postwarden.ledger.keys import NONCE, Keyring, Keys
from postwarden.ledger.merkle import Tree, leaf_hash
from postwarden.ledger.models import HeadRow

_ROWS = """
SELECT leaf."index", leaf.hash, entry.id, entry.at, entry.act, entry."case", entry.commitments, entry.sealed
FROM ledger_leaf leaf JOIN ledger_entry entry ON entry.id = leaf.entry_id
WHERE leaf."index" >= %s AND leaf."index" < %s ORDER BY leaf."index"
"""  # in SQL, not through models, which take twice as long

Row = tuple[int, bytes, int, int, str, str | None, bytes, bytes]


@dataclass(frozen=True, slots=True)
class Bad:
    """A leaf that is not as it was written: its open facts ("entry") or its sealed ones ("payload")."""

    code: str
    index: int
    number: int


class Mark(NamedTuple):
    """A size at which a head was signed, or brought from outside.

    Attributes:
        size: in leaves, from the ledger's first.
        tree: of the range's leaves up to there.
        head: as it was signed; None where none is kept, or where it is not as it was signed.
        frontier: as it is kept with the head; None where none is kept.
    """

    size: int
    tree: Tree
    head: Checkpoint | None
    frontier: bytes | None


class Checked(NamedTuple):
    """What was found in a range; `tree` has the leaves from its start up to the first that is missing."""

    tree: Tree
    bad: list[Bad]
    marks: list[Mark]
    erased: int
    used: frozenset[int]
    recorded: frozenset[int]


class Opener:
    """Opens sealed parts, and counts what cannot be opened any more.

    Attributes:
        erased: parts seen so far whose keys were erased; `used` has the numbers of those keys.
        recorded: numbers of keys that entries seen so far say were erased.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keys = Keys(keyring)
        self.forget()

    def forget(self) -> None:
        """Begin to count anew; keys are kept."""
        self.erased = 0
        self.used: set[int] = set()
        self.recorded: set[int] = set()

    def opens(self, act: str, commitments: bytes, sealed: bytes) -> bool:
        """Tell whether the sealed facts of an entry are those it was committed to."""
        try:
            for number, committed, hidden in unpack(commitments, sealed):
                key = self._keys[number]
                if key is None:
                    self.erased += 1
                    self.used.add(number)
                    continue
                plain = key.decrypt(hidden[:NONCE], hidden[NONCE:], None)
                if commitment(plain) != committed:
                    return False
                if act == ERASED:
                    self.recorded.update(facts_of(plain).get("detail", {}).get("keys", ()))
        except (InvalidTag, ValueError, KeyError):
            return False
        return True


class Checker:
    """Checks ranges of leaves, and the heads within them."""

    def __init__(self, origin: str, public: Ed25519PublicKey, opener: Opener) -> None:
        self.origin = origin
        self._public = public
        self._opener = opener

    def check(self, leaves: range, sizes: Collection[int]) -> Checked:
        """Check a range that begins at a multiple of its length, as a power of two or shorter.

        Args:
            leaves: by index.
            sizes: of the ledger, within the range, of heads brought from outside.
        """
        tree, bad, marks = Tree(), list[Bad](), list[Mark]()
        heads = {row.size: row for row in _heads(leaves)}
        wanted = heads.keys() | sizes
        self._opener.forget()
        for index, hashed, number, at, act, case, commitments, sealed in _rows(leaves):
            if index != leaves.start + tree.size:
                break
            computed = leaf_hash(leaf_data(index, at, act, case, commitments))
            if computed != hashed:
                bad.append(Bad("entry", index, number))
            elif not self._opener.opens(act, commitments, sealed):
                bad.append(Bad("payload", index, number))
            tree.add(computed)
            if index + 1 in wanted:
                marks.append(self._mark(index + 1, tree, heads.get(index + 1)))
        opened = self._opener
        return Checked(
            tree, bad, marks, opened.erased, frozenset(opened.used), frozenset(opened.recorded)
        )

    def head(self, note: str, size: int | None = None) -> Checkpoint | None:
        """Read a signed head of this ledger, of a size where it is named; None where it is none."""
        try:
            head = read(note, self._public)
        except NotACheckpoint:
            return None
        return head if head.origin == self.origin and size in (None, head.size) else None

    def _mark(self, size: int, tree: Tree, row: HeadRow | None) -> Mark:
        so_far = Tree(tree.size, tree.frontier)
        if row is None:
            return Mark(size, so_far, None, None)
        return Mark(size, so_far, self.head(row.note, size), bytes(row.frontier))


def _heads(leaves: range) -> Iterator[HeadRow]:
    return HeadRow.objects.filter(size__gt=leaves.start, size__lte=leaves.stop).iterator()


def _rows(leaves: range) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [leaves.start, leaves.stop])
        rows: list[Row] = cursor.fetchall()
        return rows
