"""Checking everything kept: payloads, leaves, heads, and what was written outside."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import Max

from postwarden.ledger.checkpoint import Checkpoint, NotACheckpoint, read
from postwarden.ledger.entries import ERASED, Packed, commitment, facts_of, leaf_data, unpack
from postwarden.ledger.keys import NONCE, Keyring
from postwarden.ledger.merkle import Tree, leaf_hash
from postwarden.ledger.models import EntryRow, HeadRow, LeafRow
from postwarden.ledger.secrets import Secrets

_CHUNK = 5_000


class Known(NamedTuple):
    """A head as the database has it: its root, and the subtrees joined."""

    root: bytes
    frontier: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was written.

    Attributes:
        code: "entry" (open facts or commitments changed), "payload" (sealed facts changed), "missing"
            (leaves gone), "surplus" (leaves that no head covers), "key" (a key gone without an entry
            that says so), "head" (a tree head does not fit), "anchor" (what is outside is no head).
        first: index of the first leaf it can lie at; `last` likewise.
        number: of the entry's row; None where no row is there.
    """

    code: str
    first: int
    last: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked.

    Attributes:
        entries: all there are.
        erased: payloads that nobody can read any more, their keys having been erased on record.
        covered: leaves under the largest head that was found outside.
        tail: entries behind it, with or without a leaf: nothing outside vouches for them yet.
        faults: in order; the first is the first bad entry.
    """

    entries: int
    erased: int
    covered: int
    tail: int
    faults: tuple[Fault, ...] = field(default=())


def verify(
    origin: str, secrets: Secrets, keyring: Keyring, anchored: Sequence[str]
) -> Verification:
    """Check the whole ledger up to its newest head, while others go on writing.

    Args:
        origin: the ledger's name.
        secrets: of the installation.
        keyring: likewise.
        anchored: signed notes as they are found outside the database.
    """
    last = EntryRow.objects.aggregate(last=Max("pk"))["last"] or 0
    heads, faults = _heads(origin, secrets)
    outside, bad = _outside(anchored, origin, secrets)
    check = _Check(keyring.every(), heads, outside)
    check.run(max(heads, default=0))
    behind = check.waiting(last)
    faults += bad + check.faults + check.unrecorded()
    covered = max(outside, default=0)
    return Verification(
        entries=check.tree.size + behind,
        erased=check.erased,
        covered=covered,
        tail=max(0, check.tree.size - covered) + behind,
        faults=tuple(sorted(faults, key=lambda one: (one.first, one.last))),
    )


def _heads(origin: str, secrets: Secrets) -> tuple[dict[int, Known], list[Fault]]:
    """Give heads by size as the database has them, and those that are not as signed."""
    known: dict[int, Known] = {}
    faults: list[Fault] = []
    for row in HeadRow.objects.order_by("size").iterator():
        head = _read(row.note, origin, secrets)
        if head is None or head.size != row.size:
            faults.append(Fault("head", max(known, default=0), row.size - 1))
        else:
            known[head.size] = Known(head.root, bytes(row.frontier))
    return known, faults


def _outside(
    notes: Sequence[str], origin: str, secrets: Secrets
) -> tuple[dict[int, bytes], list[Fault]]:
    roots: dict[int, bytes] = {}
    faults: list[Fault] = []
    for note in notes:
        head = _read(note, origin, secrets)
        if head is None or roots.setdefault(head.size, head.root) != head.root:
            faults.append(Fault("anchor", max(roots, default=0), max(roots, default=0)))
    return roots, faults


def _read(note: str, origin: str, secrets: Secrets) -> Checkpoint | None:
    try:
        head = read(note, secrets.public)
    except NotACheckpoint:
        return None
    return head if head.origin == origin else None


class _Check:
    def __init__(
        self,
        keys: Mapping[int, AESGCM | None],
        heads: Mapping[int, Known],
        outside: Mapping[int, bytes],
    ) -> None:
        self._keys = keys
        self._heads = heads
        self._outside = outside
        self._used: set[int] = set()
        self._recorded: set[int] = set()
        self._good = self._vouched = 0
        self.tree = Tree()
        self.erased = 0
        self.faults: list[Fault] = []

    def run(self, size: int) -> None:
        """Walk the leaves in order up to a size, and compare every head on the way."""
        for row in _rows(size):
            if row[0] != self.tree.size:
                self.faults.append(Fault("missing", self.tree.size, row[0] - 1))
                return
            self._entry(*row)
            self._compare(self.tree.size)
        last = max([size, *self._outside])
        if last > self.tree.size:
            self.faults.append(Fault("missing", self.tree.size, last - 1))
        if surplus := LeafRow.objects.filter(index__gte=size).count():
            self._surplus(size, surplus)

    def waiting(self, last: int) -> int:
        """Check the sealed facts of entries up to the last one that have no leaf yet; count them."""
        rows = EntryRow.objects.filter(leafrow=None, pk__lte=last).values_list(
            "pk", "act", "commitments", "sealed"
        )
        behind = 0
        for entry, act, commitments, sealed in rows.order_by("pk").iterator():
            behind += 1
            if not self._opens(act, Packed(bytes(commitments), bytes(sealed))):
                self.faults.append(Fault("payload", self.tree.size, self.tree.size, entry))
        return behind

    def unrecorded(self) -> list[Fault]:
        """Give faults for payloads whose keys are gone without an entry that says so."""
        lost = self._used - self._recorded
        return [Fault("key", 0, self.tree.size - 1)] if lost else []

    def _surplus(self, size: int, surplus: int) -> None:
        """Leaves behind the newest head are a fault, unless another head came meanwhile."""
        if not HeadRow.objects.filter(size__gt=size).exists():
            self.faults.append(Fault("surplus", size, size + surplus - 1))

    def _entry(
        self,
        index: int,
        hashed: bytes,
        number: int,
        at: int,
        act: str,
        case: str | None,
        packed: Packed,
    ) -> None:
        computed = leaf_hash(leaf_data(index, at, act, case, packed.commitments))
        if computed != hashed:
            self.faults.append(Fault("entry", index, index, number))
        elif not self._opens(act, packed):
            self.faults.append(Fault("payload", index, index, number))
        self.tree.add(computed)

    def _opens(self, act: str, packed: Packed) -> bool:
        try:
            parts = unpack(packed)
        except ValueError:
            return False
        for number, committed, sealed in parts:
            if number not in self._keys:
                return False
            key = self._keys[number]
            if key is None:
                self.erased += 1
                self._used.add(number)
                continue
            try:
                plain = key.decrypt(sealed[:NONCE], sealed[NONCE:], None)
            except (InvalidTag, ValueError):
                return False
            if commitment(plain) != committed:
                return False
            if act == ERASED:
                self._recorded.update(facts_of(plain).get("detail", {}).get("keys", ()))
        return True

    def _compare(self, size: int) -> None:
        known, root = self._heads.get(size), self._outside.get(size)
        if known is None and root is None:
            return
        now = self.tree.root()
        if root is not None:
            self._vouched = self._agree(size, self._vouched, same=root == now)
        if known is not None:
            same = known == Known(now, b"".join(self.tree.frontier))
            self._good = self._agree(size, self._good, same=same)

    def _agree(self, size: int, good: int, *, same: bool) -> int:
        """Note that a head does not fit, unless a fault behind the last good one tells it already."""
        if same:
            return size
        if not any(fault.first >= good for fault in self.faults):
            self.faults.append(Fault("head", good, size - 1))
        return good


def _rows(size: int) -> Iterator[tuple[int, bytes, int, int, str, str | None, Packed]]:
    rows = LeafRow.objects.filter(index__lt=size).order_by("index")
    values = rows.values_list(
        "index", "hash", "entry_id", "entry__at", "entry__act", "entry__case",
        "entry__commitments", "entry__sealed",
    )  # fmt: skip
    for index, hashed, number, at, act, case, *packed in values.iterator(chunk_size=_CHUNK):
        yield index, bytes(hashed), number, at, act, case, Packed(*map(bytes, packed))
