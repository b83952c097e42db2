"""Checking everything kept: payloads, leaves, heads, and what was written outside."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Max, Min

from postwarden.ledger.keys import Keyring
from postwarden.ledger.merkle import Tree
from postwarden.ledger.models import EntryRow, HeadRow, LeafRow
from postwarden.ledger.ranges import Bad, Checked, Checker, Mark, Opener
from postwarden.ledger.secrets import Secrets
from postwarden.ledger.sharing import checked


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

    A long ledger is checked by a process for each processor.

    Args:
        origin: the ledger's name.
        secrets: of the installation.
        keyring: likewise.
        anchored: signed notes as they are found outside the database.

    Raises:
        LedgerError: a process of the check was killed.
    """
    last = EntryRow.objects.aggregate(last=Max("pk"))["last"] or 0
    size = HeadRow.objects.aggregate(size=Max("size"))["size"] or 0
    opener = Opener(keyring)
    checker = Checker(origin, secrets.public, opener)
    outside, bad = _outside(anchored, checker)
    walk = _Walk(outside)
    walk.take(checked(checker, secrets, size, outside))
    walk.end(size)
    behind = walk.waiting(opener, last)
    faults = bad + walk.faults + walk.unrecorded()
    covered = max(outside, default=0)
    return Verification(
        entries=walk.tree.size + behind,
        erased=walk.erased,
        covered=covered,
        tail=max(0, walk.tree.size - covered) + behind,
        faults=tuple(sorted(faults, key=lambda one: (one.first, one.last))),
    )


def _outside(notes: Sequence[str], checker: Checker) -> tuple[dict[int, bytes], list[Fault]]:
    roots: dict[int, bytes] = {}
    faults: list[Fault] = []
    for note in notes:
        head = checker.head(note)
        if head is None or roots.setdefault(head.size, head.root) != head.root:
            faults.append(Fault("anchor", max(roots, default=0), max(roots, default=0)))
    return roots, faults


class _Walk:
    """Joins what was found in ranges, in order, and compares every head on the way."""

    def __init__(self, outside: Mapping[int, bytes]) -> None:
        self._outside = outside
        self._used: set[int] = set()
        self._recorded: set[int] = set()
        self._good = self._vouched = self._signed = 0
        self._furthest = -1
        self.tree = Tree()
        self.erased = 0
        self.faults: list[Fault] = []

    def take(self, ranges: Iterable[Checked]) -> None:
        """Take the ranges of a ledger one behind the other, up to the first leaf that is missing."""
        for found in ranges:
            bad = iter(found.bad)
            waiting = next(bad, None)
            for mark in found.marks:
                while waiting is not None and waiting.index < mark.size:
                    self._bad(waiting)
                    waiting = next(bad, None)
                self._compare(mark)
            for one in [] if waiting is None else [waiting, *bad]:
                self._bad(one)
            self.tree = self.tree.joined(found.tree)
            self._note(found.erased, found.used, found.recorded)

    def end(self, size: int) -> None:
        """Say what is missing below a size or below the heads outside, or lies behind all heads."""
        whole = EntryRow.objects.filter(leafrow__gte=self.tree.size, leafrow__lt=size)
        next_one = whole.aggregate(index=Min("leafrow"))["index"]
        last = max([size, *self._outside]) if next_one is None else next_one
        if last > self.tree.size:
            self._fault(Fault("missing", self.tree.size, last - 1))
        surplus = LeafRow.objects.filter(index__gte=size).count()
        if surplus and not HeadRow.objects.filter(size__gt=size).exists():
            self._fault(Fault("surplus", size, size + surplus - 1))

    def waiting(self, opener: Opener, last: int) -> int:
        """Check the sealed facts of entries up to the last one that have no leaf yet; count them."""
        rows = EntryRow.objects.filter(leafrow=None, pk__lte=last).order_by("pk")
        behind = 0
        opener.forget()
        for row in rows.iterator():
            behind += 1
            if not opener.opens(row.act, *row.packed()):
                self._fault(Fault("payload", self.tree.size, self.tree.size, row.pk))
        self._note(opener.erased, opener.used, opener.recorded)
        return behind

    def unrecorded(self) -> list[Fault]:
        """Give faults for payloads whose keys are gone without an entry that says so.

        Behind a gap nothing was read, and such an entry may stand there.
        """
        gap = any(fault.code == "missing" for fault in self.faults)
        lost = self._used - self._recorded
        return [Fault("key", 0, self.tree.size - 1)] if lost and not gap else []

    def _note(self, erased: int, used: Iterable[int], recorded: Iterable[int]) -> None:
        self.erased += erased
        self._used.update(used)
        self._recorded.update(recorded)

    def _bad(self, one: Bad) -> None:
        self._fault(Fault(one.code, one.index, one.index, one.number))

    def _fault(self, fault: Fault) -> None:
        self.faults.append(fault)
        self._furthest = max(self._furthest, fault.first)

    def _compare(self, mark: Mark) -> None:
        tree = self.tree.joined(mark.tree)
        now, root = tree.root(), self._outside.get(mark.size)
        if root is not None:
            self._vouched = self._agree(mark.size, self._vouched, same=root == now)
        if mark.frontier is None:
            return
        if mark.head is None:
            self._fault(Fault("head", self._signed, mark.size - 1))
            return
        self._signed = mark.size
        same = (mark.head.root, mark.frontier) == (now, b"".join(tree.frontier))
        self._good = self._agree(mark.size, self._good, same=same)

    def _agree(self, size: int, good: int, *, same: bool) -> int:
        """Note that a head does not fit, unless a fault behind the last good one tells it already."""
        if same:
            return size
        if self._furthest < good:
            self._fault(Fault("head", good, size - 1))
        return good
