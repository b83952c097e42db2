"""What the helpdesk learns of who calls, and whom it promised to call back."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.conftest import Book, finding
from postwarden.cases import service as cases
from postwarden.cases.service import Kind, NoSuchCallback, NotClear, State
from postwarden.ledger.service import Entry
from postwarden.people.service import NotAllowed, Person, member

IVY, HOLDER, BRANDED = "ivy@example.net", "carla@example.net", "bas@brand.test"


@pytest.fixture
def book(book_on_sqlite):
    return book_on_sqlite


@pytest.fixture
def astray(book):
    """A case in which two mails for Ivy lay with Carla, of whom nobody told."""
    reference = book.open("home", "brand")
    book.take(reference, finding("a", HOLDER), finding("b", HOLDER, at=book.now - 60_000_000))
    return reference


def test_whose_mail_lay_elsewhere_is_told_how_many_and_when(book, astray):
    answer = book(cases.ask_helpdesk, " IVY@Example.net ")
    (concern,) = answer.concerns
    assert (concern.reference, concern.kind, concern.state) == (astray, Kind.MISDELIVERY, None)
    assert (concern.astray.mails, concern.astray.left, concern.foreign) == (2, 2, 0)
    assert concern.astray.since < concern.astray.until
    assert HOLDER not in repr(answer)


def test_who_asks_by_the_address_that_mail_was_sent_to_learns_it_too(book, astray):
    (concern,) = book(cases.ask_helpdesk, "sales@example.net").concerns
    assert concern.astray.mails == 2


def test_who_holds_others_mail_is_told_no_owner(book, astray):
    answer = book(cases.ask_helpdesk, HOLDER)
    (concern,) = answer.concerns
    assert (concern.state, concern.foreign, concern.astray.mails) == (State.SUSPECTED, 2, 0)
    assert IVY not in repr(answer)


def test_what_was_brought_back_is_counted_from_the_record(book, astray):
    told = [["a", "x", "y", "z"], ["b", "x", "y", "z"]]
    entry = Entry("copy.delivered", "postwarden", case=astray, person=IVY, detail={"copies": told})
    with transaction.atomic():
        book.ledger.append([entry], book.now)
    (concern,) = book(cases.ask_helpdesk, IVY).concerns
    assert (concern.returned, concern.returned_at) == (2, book.now - 1_000_000)


def test_who_is_not_concerned_hears_so_and_that_it_was_asked_is_on_record(book, astray):
    assert book(cases.ask_helpdesk, "zoe@example.net").concerns == ()
    last = [*book.ledger.entries()][-1]
    assert (last.act, last.facts["person"]) == ("helpdesk.asked", "zoe@example.net")
    assert last.facts["detail"] == {"concerned": False}


def test_of_others_customers_nothing_is_told_and_nothing_recorded(book, astray):
    before = book.acts()
    with pytest.raises(NotAllowed):
        book(cases.ask_helpdesk, IVY, who="hana")
    with pytest.raises(NotAllowed):
        book(cases.ask_helpdesk, BRANDED, who="rolf")
    assert book.acts() == before
    assert book(cases.ask_helpdesk, BRANDED, who="hana").concerns == ()


def test_a_name_that_one_person_has_is_enough_and_others_are_not_shown(book, astray):
    book(cases.suspect, astray, ("kim@example.net", BRANDED), "they share a map")
    persons = {
        HOLDER: Person(HOLDER, "1", "Carla Blom", "nl", ""),
        "kim@example.net": Person("kim@example.net", "2", "Kim Smit", "nl", ""),
        BRANDED: Person(BRANDED, "3", "Kim Smit", "nl", ""),
    }
    book(cases.keep_persons, astray, persons)
    assert book(cases.ask_helpdesk, "carla blom").account == HOLDER
    assert book(cases.ask_helpdesk, "Kim Smit", who="hana").account == BRANDED
    for name in ("Kim Smit", "Carla", "%", ""):
        with pytest.raises(NotClear) as told:
            book(cases.ask_helpdesk, name)
        assert "@" not in str(told.value)


def test_of_an_account_without_a_domain_others_do_not_hear_that_a_case_concerns_it(book, astray):
    book(cases.suspect, astray, ("anton",), "they share a map")
    assert book(cases.ask_helpdesk, "anton", who="dora").account == "anton"
    told = []
    for name in ("anton", "nobody"):
        with pytest.raises(NotClear) as refused:
            book(cases.ask_helpdesk, name, who="hana")
        told.append(str(refused.value).replace(name, ""))
    assert told[0] == told[1]


def test_postgresql_answers_as_sqlite_does(on_postgresql):
    book = Book(on_postgresql)
    reference = book.open("home")
    book.take(reference, finding("a", HOLDER, rightful=("ívy@example.net",)))
    book(cases.keep_persons, reference, {HOLDER: Person(HOLDER, "1", "Carla Blom", "nl", "")})
    (concern,) = book(cases.ask_helpdesk, "ívy@example.net").concerns
    assert (concern.astray.mails, concern.returned) == (1, 0)
    assert book(cases.ask_helpdesk, "carla blom").concerns[0].foreign == 1


def test_as_many_queries_for_many_cases_as_for_few(book):
    book(cases.ask_helpdesk, HOLDER)  # the first one makes the key that seals what is about them
    counts = []
    for _ in range(2):
        for number in range(4):
            reference = book.open("home")
            book.take(reference, finding(f"{reference}{number}", HOLDER))
        with CaptureQueriesContext(connection) as asked:
            book(cases.ask_helpdesk, HOLDER)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_promised_call_waits_until_it_was_made_and_then_nobody_knows_the_number(book):
    book(cases.promise_callback, " BAS@brand.test", "+31 20 000 000", "what became of it")
    (one,) = cases.callbacks(member("hana"))
    assert (one.account, one.how, one.promised_by) == (BRANDED, "+31 20 000 000", "anna")
    book(cases.call_back_done, one.number, who="hana")
    assert cases.callbacks(member("anna")) == []
    with pytest.raises(NoSuchCallback):
        book(cases.call_back_done, one.number)
    assert book.acts()[-2:] == [
        ("callback.promised", None, BRANDED),
        ("callback.done", None, BRANDED),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT how, why FROM cases_callback")
        assert cursor.fetchall() == [("", "")]


def test_calls_of_others_customers_are_not_there(book):
    book(cases.promise_callback, HOLDER, "+31 20 000 000", "")
    assert cases.callbacks(member("hana")) == []
    (one,) = cases.callbacks(member("anna"))
    with pytest.raises(NoSuchCallback):
        book(cases.call_back_done, one.number, who="hana")
    with pytest.raises(NotAllowed):
        book(cases.promise_callback, HOLDER, "", "", who="hana")


def test_whose_mail_it_was_is_found_by_index_and_follows_what_examinations_say(book, astray):
    with CaptureQueriesContext(connection) as asked:
        book(cases.ask_helpdesk, IVY)
    (sql,) = [one["sql"] for one in asked if "cases_named" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        plan = " ".join(row[-1] for row in cursor.fetchall())
    assert "SEARCH cases_named USING" in plan
    assert "SCAN" not in plan
    book.take(astray, finding("a", HOLDER, rightful=("zoe@example.net",)), finding("b", HOLDER))
    told = {who: book(cases.ask_helpdesk, who).concerns for who in (IVY, "zoe@example.net")}
    assert {who: found[0].astray.mails for who, found in told.items()} == {
        IVY: 1,
        "zoe@example.net": 1,
    }
