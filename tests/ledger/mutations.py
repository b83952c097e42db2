"""Ways to tamper with a ledger's tables, as somebody with full access to the database would."""

import random

from django.db import connection

from postwarden.ledger.checkpoint import Checkpoint, sign
from postwarden.ledger.entries import leaf_data
from postwarden.ledger.merkle import Tree, leaf_hash

COLUMNS = {
    "ledger_entry": ("at", "act", "case", "commitments", "sealed"),
    "ledger_leaf": ("hash",),
    "ledger_head": ("note", "frontier"),
    "ledger_key": ("wrapped", "reference"),
}


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def drop_triggers():
    """What a database administrator can always do."""
    for table in ("ledger_entry", "ledger_leaf", "ledger_head"):
        of_table = f" ON {table}" if connection.vendor == "postgresql" else ""
        for verb in ("UPDATE", "DELETE"):
            run(f"DROP TRIGGER {table}_{verb}{of_table}")


class Mutator:
    """Changes something below `size`; `chance` decides what."""

    def __init__(self, seed, size, secrets, origin):
        self.chance = random.Random(seed)
        self.size = size
        self._secrets = secrets
        self._origin = origin

    def mutate(self):
        kinds = [
            self.edit, self.edit, self.edit, self.delete, self.delete_leaf, self.swap_leaves,
            self.swap_facts, self.truncate, self.remove_head, self.rewrite, self.insert, self.lose_key,
        ]  # fmt: skip
        return self.chance.choice(kinds)()

    def edit(self):
        """One byte of one value."""
        table = self.chance.choice(list(COLUMNS))
        column = self.chance.choice(COLUMNS[table])
        key, value = self._row(table, column)
        changed = self._changed(value)
        run(f'UPDATE {table} SET "{column}" = %s WHERE "{key[0]}" = %s', changed, key[1])
        return f"edit {table}.{column} {key[1]}"

    def delete(self):
        """An entry with its leaf."""
        index = self._index()
        ((entry,),) = run("SELECT entry_id FROM ledger_leaf WHERE [index] = %s", index)
        run("DELETE FROM ledger_leaf WHERE [index] = %s", index)
        run("DELETE FROM ledger_entry WHERE id = %s", entry)
        return f"delete {index}"

    def delete_leaf(self):
        index = self._index()
        run("DELETE FROM ledger_leaf WHERE [index] = %s", index)
        return f"delete leaf {index}"

    def swap_leaves(self):
        """Two entries change places, their hashes with them."""
        first, second = self._two()
        rows = {
            index: run("SELECT entry_id, hash FROM ledger_leaf WHERE [index] = %s", index)[0]
            for index in (first, second)
        }
        run("DELETE FROM ledger_leaf WHERE [index] IN (%s, %s)", first, second)
        for index, other in ((first, second), (second, first)):
            run(
                "INSERT INTO ledger_leaf VALUES (%s, %s, %s)", index, rows[other][1], rows[other][0]
            )
        return f"swap leaves {first} {second}"

    def swap_facts(self):
        """The sealed parts of two entries change places."""
        first, second = self._two()
        rows = [
            run(
                "SELECT e.id, e.sealed FROM ledger_entry e JOIN ledger_leaf l ON l.entry_id = e.id"
                " WHERE l.[index] = %s",
                index,
            )[0]
            for index in (first, second)
        ]
        for (number, _), (_, parts) in zip(rows, reversed(rows), strict=True):
            run("UPDATE ledger_entry SET sealed = %s WHERE id = %s", parts, number)
        return f"swap facts {first} {second}"

    def truncate(self):
        """The end is gone, and heads with it, so that what is left fits together."""
        sizes = [size for (size,) in run("SELECT size FROM ledger_head") if size < self.size]
        kept = self.chance.choice(sizes)
        run("DELETE FROM ledger_leaf WHERE [index] >= %s", kept)
        run("DELETE FROM ledger_entry WHERE id NOT IN (SELECT entry_id FROM ledger_leaf)")
        run("DELETE FROM ledger_head WHERE size > %s", kept)
        return f"truncate to {kept}"

    def remove_head(self):
        """The newest head is gone, the leaves under it stay."""
        run("DELETE FROM ledger_head WHERE size = (SELECT max(size) FROM ledger_head)")
        return "remove the newest head"

    def rewrite(self):
        """One entry is changed, and everything above it made anew with the stolen signing key."""
        index = self._index()
        run(
            "UPDATE ledger_entry SET act = 'hold.released' WHERE id ="
            " (SELECT entry_id FROM ledger_leaf WHERE [index] = %s)",
            index,
        )
        self._make_anew()
        return f"rewrite {index}"

    def insert(self):
        """An entry appears in the past: the last leaf takes another's place, all is made anew."""
        first, second = self._two()
        self.swap_leaves_of(first, second)
        self._make_anew()
        return f"reorder {first} {second}"

    def lose_key(self):
        """A key is emptied without a word."""
        numbers = [number for (number,) in run("SELECT id FROM ledger_key WHERE kind != 'desk'")]
        number = self.chance.choice(numbers)
        run("UPDATE ledger_key SET wrapped = NULL WHERE id = %s", number)
        return f"lose key {number}"

    def swap_leaves_of(self, first, second):
        entries = [
            run("SELECT entry_id FROM ledger_leaf WHERE [index] = %s", index)[0][0]
            for index in (first, second)
        ]
        run("UPDATE ledger_leaf SET entry_id = -1 WHERE [index] = %s", first)
        run("UPDATE ledger_leaf SET entry_id = %s WHERE [index] = %s", entries[0], second)
        run("UPDATE ledger_leaf SET entry_id = %s WHERE [index] = %s", entries[1], first)

    def _make_anew(self):
        sizes = {size for (size,) in run("SELECT size FROM ledger_head")}
        tree = Tree()
        rows = run(
            "SELECT l.[index], e.at, e.act, e.[case], e.commitments FROM ledger_leaf l"
            " JOIN ledger_entry e ON e.id = l.entry_id ORDER BY l.[index]"
        )
        for index, at, act, case, commitments in rows:
            hashed = leaf_hash(leaf_data(index, at, act, case, commitments))
            run("UPDATE ledger_leaf SET hash = %s WHERE [index] = %s", hashed, index)
            tree.add(hashed)
            if tree.size in sizes:
                head = Checkpoint(self._origin, tree.size, tree.root(), at)
                run(
                    "UPDATE ledger_head SET note = %s, frontier = %s WHERE size = %s",
                    sign(head, self._secrets.signing),
                    b"".join(tree.frontier),
                    tree.size,
                )

    def _index(self):
        return self.chance.randrange(self.size)

    def _two(self):
        return self.chance.sample(range(self.size), 2)

    def _row(self, table, column):
        key = {"ledger_leaf": "index", "ledger_head": "size"}.get(table, "id")
        within = {
            "ledger_leaf": f"[index] < {self.size}",
            "ledger_head": f"size <= {self.size}",
            "ledger_entry": f"id IN (SELECT entry_id FROM ledger_leaf WHERE [index] < {self.size})",
        }.get(table, "kind != 'desk'")
        rows = run(f'SELECT "{key}", "{column}" FROM {table} WHERE {within}')
        number, value = self.chance.choice(rows)
        return (key, number), value

    def _changed(self, value):
        if isinstance(value, int):
            return value ^ (1 << self.chance.randrange(40))
        place = self.chance.randrange(len(value))
        if isinstance(value, bytes):
            flipped = value[place] ^ (1 << self.chance.randrange(8))
            return value[:place] + bytes([flipped]) + value[place + 1 :]
        other = self.chance.choice([c for c in "aZ0 \n=/" if c != value[place]])
        return value[:place] + other + value[place + 1 :]
