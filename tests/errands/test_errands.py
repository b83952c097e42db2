"""Errands as rows: one at a time, taken by one worker, and ended once."""

import threading

import pytest
from django.db import connections, transaction

from cases.conftest import Book
from postwarden.errands.service import (
    AskedAlready,
    ErrandLost,
    Errands,
    ExaminationWish,
    Kind,
    ScanWish,
    Stage,
    Step,
    claim,
    taken,
)
from postwarden.people.service import member
from postwarden.vocabulary import Said, counted, kept, said, said_again

SCAN = ScanWish("mail astray", 30)
LEASE = 20_000_000


@pytest.fixture
def book(on_sqlite):
    return Book(on_sqlite)


@pytest.fixture
def errands(book):
    return Errands(book.desk)


def ask(book, errands, wish=SCAN):
    return errands.ask(wish, member("anna"), book.now)


def test_what_a_worker_left_is_begun_anew_and_the_late_one_writes_nothing(book, errands):
    ask(book, errands)
    first = claim(book.ledger, [Kind.SCAN], book.now)
    assert first.goes_on(book.now + LEASE // 2)
    assert claim(book.ledger, [Kind.SCAN], book.now + LEASE) is None
    second = claim(book.ledger, [Kind.SCAN], book.now + 2 * LEASE)
    assert second.wish == SCAN
    assert not first.goes_on(book.now)
    with pytest.raises(ErrandLost):
        first.end({"snapshot": "late"}, book.now)
    with pytest.raises(ErrandLost):
        taken(book.ledger, first.effect.number, first.effect.token)
    taken(book.ledger, second.effect.number, second.effect.token).end({"snapshot": "s"}, book.now)
    (told,) = errands.scans(member("anna"))
    assert (told.stage, told.outcome) == (Stage.DONE, {"snapshot": "s"})
    assert [one.act for one in book.ledger.entries()] == ["scan.asked", "scan.ended"]


def test_what_is_cut_off_again_and_again_is_given_up_with_the_reason(book, errands):
    ask(book, errands)
    for _ in range(3):
        claim(book.ledger, [Kind.SCAN], book.now).let_go(book.now)
    assert claim(book.ledger, [Kind.SCAN], book.now) is None
    (told,) = errands.scans(member("anna"))
    assert told.stage is Stage.FAILED
    assert "cut off each time" in told.trouble
    ask(book, errands)


def test_what_was_to_be_written_with_the_end_is_not_where_it_was_stopped(book, errands):
    case = book.open("home")
    number = ask(book, errands, ExaminationWish(case)).number
    claimed = claim(book.ledger, [Kind.EXAMINATION], book.now)
    errands.stop(number, member("dora"), book.now)

    @transaction.atomic
    def end():
        book.report(case, "ivy@example.net")
        claimed.end({}, book.now)

    with pytest.raises(ErrandLost):
        end()
    assert book.file(case).reports == ()
    claimed.tell(Step("examining", found=5), book.now)  # the late word changes nothing
    assert errands.one(number, member("anna")).step.found == 0


def test_of_two_who_ask_at_once_one_is_refused(state):
    book = Book(state)
    errands, told = Errands(book.desk), []
    both = threading.Barrier(2)

    def asks():
        both.wait()
        try:
            told.append(errands.ask(SCAN, member("anna"), book.now).stage)
        except AskedAlready:
            told.append("refused")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=asks) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(told) == ["refused", "waiting"]
    assert [one.act for one in book.ledger.entries()] == ["scan.asked"]


def test_a_sentence_that_was_kept_can_be_said_in_any_language_again():
    inner = counted("{n} copy", "{n} copies", 2)
    whole = said("{what} in {place}", what=inner, place="home")
    again = said_again(kept(whole))
    assert isinstance(again, Said)
    assert (again, again.one, again.values["what"].more) == (
        "2 copies in home",
        "{what} in {place}",
        "{n} copies",
    )
    assert said_again(kept("plain {as} it is")) == "plain {as} it is"
