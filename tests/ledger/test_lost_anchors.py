"""`postwarden verify` misses every tree head that was written to an anchor, and says what was not asked."""

import re

import pytest
from django.db import connections, transaction

from cli.conftest import ask
from ledger.conftest import NOW, Book, entry
from postwarden.configuration import load
from postwarden.ledger.service import FileAnchor
from postwarden.wiring import anchors, ledger
from providers import SMALL

SETTINGS = (
    SMALL
    + """\
[ledger]
anchors = [ANCHORS]
"""
)


class Place:
    """An installation whose ledger was anchored twice, in a file."""

    def __init__(self, folder):
        self.file, self.anchor = folder / "postwarden.toml", folder / "heads"
        self.configure('{ file = "heads" }')
        for size in (3, 2):
            self.fill(size)

    def configure(self, *named):
        self.file.write_text(SETTINGS.replace("ANCHORS", ", ".join(named)))

    def fill(self, count):
        settings = load(str(self.file))
        book = ledger(settings)
        with transaction.atomic():
            book.append([entry(number) for number in range(count)], NOW)
        book.sequence(NOW)
        for anchor in anchors(settings):
            book.anchor(anchor, NOW)

    def verify(self):
        answer = ask("verify", "-c", self.file)
        return answer.status, answer.out


@pytest.fixture
def place(tmp_path):
    yield Place(tmp_path)
    connections.close_all()


def test_nothing_is_missed_where_all_is_there(place):
    status, out = place.verify()
    assert status == 0
    assert "Not asked" not in out


def test_an_anchor_that_was_removed_is_an_alarm(place):
    place.anchor.unlink()
    status, out = place.verify()
    assert status == 1
    assert f"BAD: file {place.anchor} no longer holds 2 tree heads" in out
    assert "of 3 entries at 2026-11-18T" in out
    assert "Not anchored yet: the last 5 entries." in out


def test_a_single_head_that_was_removed_is_an_alarm(place):
    first, last = FileAnchor(str(place.anchor)).read()
    place.anchor.write_text(f"\n\n{last}")
    status, out = place.verify()
    assert status == 1
    assert "no longer holds 1 tree head written there, the first one of 3 entries" in out
    place.anchor.write_text(f"\n\n{first}")
    assert place.verify()[0] == 1


def test_a_head_that_differs_is_an_alarm(place):
    text = place.anchor.read_text()
    place.anchor.write_text(re.sub(r"^3$", "4", text, count=1, flags=re.MULTILINE))
    status, out = place.verify()
    assert status == 1
    assert "BAD: what an anchor holds is no tree head of this ledger" in out
    assert "no longer holds 1 tree head " in out


def test_an_anchor_that_could_not_be_asked_is_no_success(place):
    place.configure('{ file = "heads" }', '{ url = "http://127.0.0.1:1/heads" }')
    status, out = place.verify()
    assert status == 2
    assert "Not asked: http://127.0.0.1:1/heads: " in out
    assert "All 5 entries are as they were written." in out


def test_a_loss_weighs_more_than_an_anchor_that_is_away(place):
    place.configure('{ file = "heads" }', '{ url = "http://127.0.0.1:1/heads" }')
    place.anchor.unlink()
    status, out = place.verify()
    assert status == 1
    assert "no longer holds" in out
    assert "Not asked: http://127.0.0.1:1/heads: " in out


def test_an_anchor_that_is_named_no_more_is_said(place):
    place.configure('{ file = "other-heads" }')
    place.fill(1)
    status, out = place.verify()
    assert status == 0
    assert f"Not asked: file {place.anchor}: heads were written there;" in out


def test_a_head_written_while_an_anchor_is_read_is_not_missed(on_sqlite, tmp_path):
    book = Book(on_sqlite)

    class Busy(FileAnchor):
        def read(self):
            notes = super().read()
            book.fill(1)
            assert book.ledger.anchor(self, book.now)
            return notes

    anchor = Busy(str(tmp_path / "heads"))
    for _ in range(2):
        assert book.ledger.ask(anchor).lost == {}
