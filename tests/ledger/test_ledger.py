"""Appending, sequencing, reading back and erasing, on both databases."""

import threading
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction

from ledger.conftest import NOW, Book, entry
from postwarden.ledger.models import EntryRow, HeadRow, LeafRow
from postwarden.ledger.service import Entry, KeysMissing, Ledger


def told(book, **wanted):
    return [
        (one.act, one.facts)
        for one in book.ledger.entries()
        if all(getattr(one, name) == value for name, value in wanted.items())
    ]


def test_what_was_appended_is_read_back(book):
    book.append(
        Entry("case.opened", "anna", why="reports came in", case="2026-0001"),
        Entry("hold.requested", "anna", case="2026-0001", person="eva@example.net", plan="ab" * 32),
    )
    assert told(book) == [
        ("case.opened", {"actor": "anna", "why": "reports came in"}),
        (
            "hold.requested",
            {"actor": "anna", "why": "", "plan": "ab" * 32, "person": "eva@example.net"},
        ),
    ]


def test_an_entry_needs_the_transaction_of_what_it_describes(book):
    with pytest.raises(RuntimeError):
        book.ledger.append([entry(1)], NOW)


def test_a_transaction_that_fails_leaves_no_entry(book):
    with transaction.atomic():
        book.ledger.append([entry(1)], NOW)
        transaction.set_rollback(True)
    assert told(book) == []


def test_each_entry_gets_one_leaf_in_the_order_of_appending(book):
    book.fill(25)
    assert book.ledger.sequence(book.now) == 0
    leaves = list(LeafRow.objects.order_by("index").values_list("index", "entry_id"))
    numbers = list(EntryRow.objects.order_by("pk").values_list("pk", flat=True))
    assert leaves == list(enumerate(numbers))
    assert list(HeadRow.objects.order_by("size").values_list("size", flat=True)) == [10, 20, 25]


def test_a_sound_ledger_verifies(book):
    book.fill(33)
    book.append(entry(34))
    found = book.verify()
    assert (found.entries, found.tail, found.covered, found.faults) == (34, 34, 0, ())
    anchored = book.verify(HeadRow.objects.get(size=30).note)
    assert (anchored.covered, anchored.tail, anchored.faults) == (30, 4, ())


def test_an_empty_ledger_verifies(book):
    assert book.ledger.sequence(NOW) == 0
    assert (book.verify().entries, book.verify().faults) == (0, ())


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_leaf", "ledger_head"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {} = {}"])
def test_the_database_refuses_changes(book, table, change):
    book.fill(3)
    column = {"ledger_entry": "act", "ledger_leaf": "hash", "ledger_head": "note"}[table]
    statement = change.format(table, column, column)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert (book.verify().entries, book.verify().faults) == (3, ())


def test_erasing_a_person_hides_what_was_theirs_and_breaks_no_proof(book):
    book.fill(21)
    before = HeadRow.objects.order_by("-size").first().note
    assert book.ledger.erase_person("user3@example.net", "anna", "asked to", book.now) == 1
    book.ledger.sequence(book.now)
    found = book.verify(before)
    assert (found.erased, found.faults) == (3, ())
    named = [facts.get("person") for _, facts in told(book)]
    assert "user3@example.net" not in named
    assert named.count("user4@example.net") == 3
    assert [facts["why"] for _, facts in told(book)][:21] == [f"because {n}" for n in range(21)]


def test_after_erasing_a_person_new_entries_about_them_are_kept(book):
    book.append(entry(3))
    book.ledger.erase_person("user3@example.net", "anna", "asked to", book.now)
    book.append(entry(3))
    assert [facts.get("person") for _, facts in told(book, act="hold.requested")] == [
        None,
        "user3@example.net",
    ]


def test_erasing_a_case_leaves_other_cases(book):
    book.append(entry(1), entry(2, case="2026-0002"))
    assert book.ledger.erase_case("2026-0001", "anna", "time is over", book.now) == 1
    whys = [facts.get("why") for _, facts in told(book, act="hold.requested")]
    assert whys == [None, "because 2"]
    assert book.ledger.erase_case("2026-0001", "anna", "time is over", book.now) == 0


def test_a_key_that_is_gone_without_an_entry_is_a_fault(book):
    book.fill(8)
    with transaction.atomic():
        book.ledger._keys.erase("person", "user3@example.net")
    assert {fault.code for fault in book.verify().faults} == {"key"}


def test_of_an_erased_person_no_byte_is_left(book_on_sqlite):
    book = book_on_sqlite
    canary = "canary-3f1b@example.net"
    book.append(entry(1, person=canary, why="none"))
    book.ledger.erase_person(canary, "anna", "asked to", book.now)
    connections.close_all()
    files = [one for one in Path(book.settings.path).rglob("*") if one.is_file()]
    assert len(files) >= 3
    assert [one.name for one in files if canary.encode() in one.read_bytes()] == []
    assert not any("person" in one.facts for one in book.ledger.entries() if one.erased)


def test_other_secrets_do_not_open_the_ledger(book, tmp_path):
    with pytest.raises(KeysMissing, match="not those this ledger was begun with"):
        Ledger(str(tmp_path / "elsewhere"), "example.net/postwarden")


def test_writers_and_sequencers_at_once_lose_and_double_nothing(state):
    book = Book(state)
    faults = []

    def work(number):
        try:
            mine = Ledger(state.path, "example.net/postwarden")
            for step in range(15):
                with transaction.atomic():
                    mine.append([entry(number * 100 + step)], NOW)
                if number % 2:
                    mine.sequence(NOW)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test names it
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    book.ledger.sequence(NOW)
    found = book.verify()
    assert (found.entries, found.tail, found.faults) == (60, 60, ())
    whys = sorted(facts["why"] for _, facts in told(book))
    assert whys == sorted(f"because {n * 100 + s}" for n in range(4) for s in range(15))
