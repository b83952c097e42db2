import pytest
from django.db import transaction

from postwarden.ledger.service import Entry, Ledger

NOW = 1_795_000_000_000_000


class Book:
    """A ledger with a clock of its own, and short words for what tests do with it."""

    def __init__(self, settings):
        self.settings = settings
        self.ledger = Ledger(settings.path, "example.net/postwarden")
        self.now = NOW

    def append(self, *entries):
        self.now += 1_000_000
        with transaction.atomic():
            self.ledger.append(entries, self.now)

    def fill(self, count, batch=10):
        for start in range(0, count, batch):
            self.append(*(entry(number) for number in range(start, min(start + batch, count))))
            self.ledger.sequence(self.now)

    def verify(self, *notes):
        return self.ledger.verify(notes)


def entry(number, **told):
    facts = {"why": f"because {number}", "person": f"user{number % 7}@example.net"}
    return Entry("hold.requested", "anna", **{"case": "2026-0001", **facts, **told})


@pytest.fixture
def book(state):
    return Book(state)


@pytest.fixture
def book_on_sqlite(on_sqlite):
    return Book(on_sqlite)
