"""What the ledger says of one person."""

from django.db import connection

from ledger.conftest import entry


def test_entries_about_a_person_are_given_latest_first_and_no_others(book):
    book.fill(30)
    found = [one.facts["why"] for one in book.ledger.about("user3@example.net")]
    assert found == [f"because {number}" for number in (24, 17, 10, 3)]
    assert list(book.ledger.about("nobody@example.net")) == []


def test_those_erased_are_given_without_their_facts(book):
    book.fill(10)
    book.ledger.erase_person("user3@example.net", "anna", "asked to", book.now)
    book.append(entry(3))
    found = list(book.ledger.about("user3@example.net"))
    assert [(one.erased, "person" in one.facts) for one in found] == [(False, True), (True, False)]


def test_they_are_found_by_an_index(book_on_sqlite):
    book_on_sqlite.fill(10)
    with connection.cursor() as cursor:
        asked = []

        def note(execute, sql, params, many, context):
            asked.append((sql, params))
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            list(book_on_sqlite.ledger.about("user3@example.net"))
        sql, params = next(one for one in asked if "substr" in one[0])
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        assert any("ledger_entry_person" in row[3] for row in cursor.fetchall())
