"""The ledger: appending entry by entry, and checking all of a long one."""

import os
import resource
import time
from collections.abc import Iterator

from bench.rows import Row, at_least
from postwarden.state.service import StateSettings, open_state, set_up

_APPENDS, _ENTRIES = 5_000, 1_000_000
_SMALL = (50, 20_000)
_PERSONS = 20_000
_TOGETHER = 100
_BATCH = 10_000
_NOW = 1_795_000_000_000_000
_KIB = 1 << 10


def ledger(place: str, *, small: bool) -> Iterator[Row]:
    """Append entries alone and together; then fill a ledger and check it."""
    set_up()
    appends, entries = _SMALL if small else (_APPENDS, _ENTRIES)
    open_state(StateSettings(os.path.join(place, "ledger")))
    from django.db import connections, transaction  # noqa: PLC0415  # once Django is set up

    from postwarden.ledger.service import Entry, Ledger  # noqa: PLC0415  # has models

    book = Ledger(os.path.join(place, "ledger"), "example.net/postwarden")

    def entry(number: int) -> Entry:
        return Entry(
            "hold.placed",
            "anna",
            "mail went astray",
            case=f"2026-{number % 20 + 1:04}",
            person=f"user{number % _PERSONS}@example.net",
            plan="ab" * 32,
            detail={"kind": "login", "wording": "examination"},
        )

    def append(first: int, last: int, batch: int) -> float:
        """Append entries in transactions of so many; give how many there were in a second."""
        began = time.perf_counter()
        for start in range(first, last, batch):
            with transaction.atomic():
                some = range(start, min(start + batch, last))
                book.append([entry(number) for number in some], _NOW + start)
        return (last - first) / (time.perf_counter() - began)

    yield Row(
        "ledger: syncs of this disk, which each transaction waits for", _syncs(place), "syncs/s"
    )
    alone = append(0, appends, 1)
    yield Row("ledger: appends to SQLite, one a transaction", alone, "entries/s")
    rate = append(appends, 3 * appends, _TOGETHER)
    yield at_least(
        f"ledger: appends to SQLite, {_TOGETHER} a transaction", rate, "entries/s", 1_000
    )
    for start in range(3 * appends, entries, _BATCH):
        append(start, min(start + _BATCH, entries), _BATCH // 10)
        book.sequence(_NOW + start)
    began = time.perf_counter()
    found = book.verify([])
    rate = entries / (time.perf_counter() - began)
    sound = found.entries == entries and not found.faults
    checked = found.entries if sound else 0
    yield Row(f"ledger: sound of {entries:,}", checked, "entries", f"= {entries:,}", sound)
    yield at_least(f"ledger: verify, {entries:,} entries", rate, "entries/s", 100_000)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB
    yield Row("ledger: resident memory of the one who verifies, at most", most, "MiB")
    connections.close_all()


def _syncs(place: str) -> float:
    """Write 4 KiB and sync, 200 times, as SQLite does at the end of a transaction."""
    descriptor = os.open(os.path.join(place, "synced"), os.O_CREAT | os.O_WRONLY)
    began = time.perf_counter()
    for number in range(200):
        os.pwrite(descriptor, bytes(4_096), number * 4_096)
        os.fsync(descriptor)
    rate = 200 / (time.perf_counter() - began)
    os.close(descriptor)
    return rate
