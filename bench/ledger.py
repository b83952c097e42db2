"""The ledger: appending entry by entry, and checking all of a long one."""

import os
import resource
import time
from collections.abc import Iterator

from bench.rows import Row, at_least
from postwarden.state.service import StateSettings, open_state, set_up

_APPENDS, _ENTRIES = 10_000, 1_000_000
_SMALL = (200, 50_000)
_PERSONS = 20_000
_BATCH = 1_000
_NOW = 1_795_000_000_000_000
_KIB = 1 << 10


def ledger(place: str, *, small: bool) -> Iterator[Row]:
    """Append one entry a transaction; then fill a ledger in batches and check it."""
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

    began = time.perf_counter()
    for number in range(appends):
        with transaction.atomic():
            book.append([entry(number)], _NOW + number)
    rate = appends / (time.perf_counter() - began)
    yield at_least("ledger: appends to SQLite, each a transaction", rate, "entries/s", 1_000)
    began = time.perf_counter()
    for start in range(appends, entries, _BATCH):
        with transaction.atomic():
            some = range(start, min(start + _BATCH, entries))
            book.append([entry(number) for number in some], _NOW + start)
        if start // _BATCH % 10 == 0:
            book.sequence(_NOW + start)
    book.sequence(_NOW + entries)
    rate = (entries - appends) / (time.perf_counter() - began)
    yield Row("ledger: appends in batches, with their leaves and heads", rate, "entries/s")
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
