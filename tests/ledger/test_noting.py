"""Notes of several threads at once: all on disk when they return, few transactions, each its own trouble."""

from threading import Event, Thread, get_ident

import pytest
from django.db import connection, transaction

from ledger.conftest import NOW, entry
from postwarden.ledger.noting import Notes
from postwarden.ledger.service import KeysMissing, Ledger

MANY = 12


class Threads:
    """Threads that note at the same moment: the first one is held up until all others wait."""

    def __init__(self, ledger: Ledger, bad: frozenset[int] = frozenset()):
        self.ledger, self.bad = ledger, bad
        self.groups, self.troubles = [], {}
        self.first_is_in, self.all_wait = Event(), Event()
        self.notes = Notes(self.append)

    def append(self, entries, now):
        if not self.first_is_in.is_set():
            self.first_is_in.set()
            assert self.all_wait.wait(30)
        number = now - NOW
        if number in self.bad:
            raise KeysMissing(f"no key for {number}")
        self.ledger.append(entries, now)
        self.groups.append((number, get_ident()))

    def write(self, number):
        try:
            self.notes.write([entry(number)], NOW + number)
        except KeysMissing as error:
            self.troubles[number] = str(error)
        finally:
            connection.close()

    def run(self):
        threads = [Thread(target=self.write, args=(number,)) for number in range(MANY)]
        threads[0].start()
        assert self.first_is_in.wait(30)
        for one in threads[1:]:
            one.start()
        while len(self.notes._waiting) < MANY - 1:
            threads[1].join(0.01)
        self.all_wait.set()
        for one in threads:
            one.join(30)
            assert not one.is_alive()


def noted(ledger):
    return sorted(one.at - NOW for one in ledger.entries())


def test_what_waits_for_one_commit_is_of_the_next(book):
    threads = Threads(book.ledger)
    threads.run()
    assert noted(book.ledger) == [*range(MANY)]
    leaders = [by for number, by in threads.groups if number > 0]
    assert len(leaders) == MANY - 1
    assert len(set(leaders)) == 1  # one thread wrote all of them
    assert threads.troubles == {}


@pytest.mark.parametrize("bad", [{0}, {3}, {0, 3, 7}, set(range(MANY))])
def test_ones_trouble_is_nobody_elses(book_on_sqlite, bad):
    threads = Threads(book_on_sqlite.ledger, frozenset(bad))
    threads.run()
    assert noted(book_on_sqlite.ledger) == sorted({*range(MANY)} - bad)
    assert threads.troubles == {number: f"no key for {number}" for number in bad}
    threads.notes.write([entry(99)], NOW + 99)  # nobody is waited for that has gone
    assert noted(book_on_sqlite.ledger)[-1] == 99


def test_a_note_in_a_transaction_is_of_that_transaction(book):
    with transaction.atomic():
        book.ledger.note([entry(1)], NOW + 1)
        transaction.set_rollback(True)
    assert noted(book.ledger) == []
    book.ledger.note([entry(2)], NOW + 2)
    assert noted(book.ledger) == [2]
