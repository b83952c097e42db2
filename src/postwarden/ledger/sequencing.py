"""The one sequencer: it gives entries their leaves and signs the tree's head.

Writers only insert entries and never wait for the tree; who sequences holds a lock of its own.
"""

from collections.abc import Iterable
from itertools import islice

from django.db import connection, transaction
from django.db.models import QuerySet

from postwarden.ledger.checkpoint import Checkpoint, sign
from postwarden.ledger.entries import leaf_data
from postwarden.ledger.merkle import Tree, leaf_hash
from postwarden.ledger.models import EntryRow, HeadRow, LeafRow
from postwarden.ledger.secrets import Secrets
from postwarden.vocabulary import Moment

_BATCH = 10_000
_LOCK = 0x6C656467  # key of PostgreSQL's advisory lock
_HASH = 32


def sequence(origin: str, secrets: Secrets, now: Moment) -> int:
    """Give every entry that waits its leaf and sign a head over all; give how many there were.

    Promise: whole or not done, at any point; two that sequence at once wait for each other, and an
    entry gets one leaf.
    """
    done = 0
    while (count := _some(origin, secrets, now)) > 0:
        done += count
        if count < _BATCH:
            break
    return done


def tree_of(head: HeadRow | None) -> Tree:
    """Give the tree that a head stands for."""
    if head is None:
        return Tree()
    kept = bytes(head.frontier)
    return Tree(head.size, [kept[i : i + _HASH] for i in range(0, len(kept), _HASH)])


def unsigned() -> int:
    """Give how many entries wait for a head."""
    return _waiting().count()


def _some(origin: str, secrets: Secrets, now: Moment) -> int:
    with transaction.atomic():
        _wait_for_turn()
        tree = tree_of(HeadRow.objects.order_by("-size").first())
        leaves = list(_leaves(islice(_waiting().iterator(), _BATCH), tree))
        if leaves:
            LeafRow.objects.bulk_create(leaves, batch_size=300)
            head = Checkpoint(origin, tree.size, tree.root(), now)
            HeadRow.objects.create(
                size=tree.size, note=sign(head, secrets.signing), frontier=b"".join(tree.frontier)
            )
    return len(leaves)


def _waiting() -> QuerySet[EntryRow]:
    """Give entries without a leaf, in order.

    SQLite's writers wait for each other, so that numbers are in the order of commits: what is behind the
    last leaf need not be looked through while they wait for us.
    """
    waiting = EntryRow.objects.filter(leafrow=None).order_by("pk")
    if connection.vendor != "sqlite":
        return waiting
    last = LeafRow.objects.order_by("-index").values_list("entry_id", flat=True).first()
    return waiting.filter(pk__gt=last or 0)


def _leaves(entries: Iterable[EntryRow], tree: Tree) -> Iterable[LeafRow]:
    for entry in entries:
        index = tree.size
        data = leaf_data(index, entry.at, entry.act, entry.case, bytes(entry.commitments))
        hashed = leaf_hash(data)
        tree.add(hashed)
        yield LeafRow(index=index, entry=entry, hash=hashed)


def _wait_for_turn() -> None:
    """SQLite's transactions begin IMMEDIATE, which is the lock; PostgreSQL needs one of its own."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
