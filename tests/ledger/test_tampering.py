"""1,000 ways to tamper with what an anchored head covers: each is found."""

import os

import pytest
from django.db import transaction

from ledger.conftest import Book
from ledger.mutations import Mutator, drop_triggers, run
from postwarden.ledger import sharing
from postwarden.ledger.models import HeadRow
from postwarden.ledger.secrets import load_secrets
from postwarden.ledger.service import LedgerError

MUTATIONS = 1_000
ANCHORED = 60
RANGES = (4_096, 32, 16, 4)
PARTS = len(RANGES)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_mutation_is_found(on_sqlite, part, monkeypatch):
    monkeypatch.setattr(sharing, "RANGE", RANGES[part])
    book = Book(on_sqlite)
    book.fill(ANCHORED + 15)
    note = HeadRow.objects.get(size=ANCHORED).note
    assert book.verify(note).faults == ()
    with transaction.atomic():
        run("PRAGMA defer_foreign_keys = ON")
        drop_triggers()
        missed = [told for seed in seeds(part) if not found(book, note, seed, told := [])]
        transaction.set_rollback(True)
    assert missed == []


def seeds(part):
    return range(part * MUTATIONS // PARTS, (part + 1) * MUTATIONS // PARTS)


def found(book, note, seed, told):
    """Tamper, verify, and undo; what was done is left in `told`."""
    before = transaction.savepoint()
    secrets = load_secrets(book.settings.path)
    told.append((seed, Mutator(seed, ANCHORED, secrets, "example.net/postwarden").mutate()))
    try:
        return bool(book.verify(note).faults)
    finally:
        transaction.savepoint_rollback(before)


@pytest.mark.parametrize(
    ("statement", "code", "place"),
    [
        ("UPDATE ledger_entry SET act = 'x' WHERE id = 18", "entry", (17, 17)),
        ("DELETE FROM ledger_leaf WHERE [index] = 17", "missing", (17, 17)),
        ("DELETE FROM ledger_leaf WHERE [index] >= 17", "missing", (17, 39)),
        ("DELETE FROM ledger_entry WHERE id = 18", "missing", (17, 17)),
        ("UPDATE ledger_leaf SET hash = zeroblob(32) WHERE [index] = 17", "entry", (17, 17)),
        ("UPDATE ledger_head SET frontier = zeroblob(64) WHERE size = 20", "head", (10, 19)),
        ("DELETE FROM ledger_head WHERE size = 40", "surplus", (30, 39)),
    ],
)
def test_the_first_bad_entry_is_named(book_on_sqlite, statement, code, place):
    book_on_sqlite.fill(40)
    with transaction.atomic():
        drop_triggers()
        run(statement)
        first = book_on_sqlite.verify().faults[0]
        transaction.set_rollback(True)
    assert (first.code, (first.first, first.last)) == (code, place)


def test_a_rewrite_with_the_stolen_key_is_found_between_two_anchored_heads(book_on_sqlite):
    book = book_on_sqlite
    book.fill(40)
    notes = [HeadRow.objects.get(size=size).note for size in (10, 20, 40)]
    with transaction.atomic():
        drop_triggers()
        secrets = load_secrets(book.settings.path)
        mutator = Mutator(1, 40, secrets, "example.net/postwarden")
        run("UPDATE ledger_entry SET act = 'hold.released' WHERE id = 25")
        mutator._make_anew()
        unnoticed = book.verify().faults
        faults = book.verify(*notes).faults
        transaction.set_rollback(True)
    assert unnoticed == ()
    assert [(fault.code, fault.first, fault.last) for fault in faults] == [("head", 20, 39)]


def test_what_no_anchored_head_covers_is_named_as_the_tail(book_on_sqlite):
    book = book_on_sqlite
    book.fill(40)
    note = HeadRow.objects.get(size=30).note
    with transaction.atomic():
        drop_triggers()
        run("DELETE FROM ledger_leaf WHERE [index] >= 35")
        run("DELETE FROM ledger_head WHERE size > 30")
        run("DELETE FROM ledger_leaf WHERE [index] >= 30")
        found = book.verify(note)
        transaction.set_rollback(True)
    assert (found.faults, found.covered, found.tail) == ((), 30, 10)


def test_a_changed_key_is_named_where_it_is_first_needed(book_on_sqlite):
    book_on_sqlite.fill(20)
    with transaction.atomic():
        run("UPDATE ledger_key SET wrapped = zeroblob(60) WHERE kind = 'person' AND id = 4")
        faults = book_on_sqlite.verify().faults
        transaction.set_rollback(True)
    assert {fault.code for fault in faults} == {"payload"}
    assert len(faults) == len(range(faults[0].first, 20, 7))


@pytest.fixture
def by_processes(monkeypatch):
    """Lets a check be shared by two processes, in ranges of 16 leaves."""

    def set_up():
        monkeypatch.setattr(sharing, "RANGE", 16)
        monkeypatch.setattr(sharing, "ALONE", 0)
        monkeypatch.setattr(sharing.os, "sched_getaffinity", lambda _: {0, 1})

    return set_up


def test_processes_that_share_a_ledger_find_what_one_finds(book, by_processes):
    book.fill(100)
    book.ledger.erase_person("user3@example.net", "anna", "asked to", book.now)
    book.ledger.sequence(book.now)
    notes = [HeadRow.objects.get(size=size).note for size in (30, 101)]
    sound = book.verify(*notes)
    drop_triggers()
    run("UPDATE ledger_entry SET act = 'x' WHERE id = 76")
    run("UPDATE ledger_entry SET sealed = commitments WHERE id = 18")
    run("UPDATE ledger_head SET frontier = %s WHERE size = 70", b"")
    run('DELETE FROM ledger_leaf WHERE "index" IN (88, 89)')
    tampered = book.verify(*notes)
    assert [(one.code, one.first, one.last) for one in tampered.faults] == [
        ("payload", 17, 17),
        ("head", 60, 69),
        ("entry", 75, 75),
        ("missing", 88, 89),
    ]
    by_processes()
    assert book.verify(*notes) == tampered
    assert (sound.entries, sound.erased, sound.faults) == (101, 14, ())


def die(*_):
    os._exit(9)


def test_a_process_of_the_check_that_is_killed_is_named(book_on_sqlite, by_processes, monkeypatch):
    book_on_sqlite.fill(20)
    by_processes()
    monkeypatch.setattr(sharing.helping, "check", die)
    with pytest.raises(LedgerError, match="was killed; run it again"):
        book_on_sqlite.verify()
