"""The people behind accounts: kept only for accounts of the case, and forgotten without a rest."""

from pathlib import Path

import pytest

from cases.conftest import finding
from postwarden.cases import service as cases
from postwarden.cases.service import Choice, Code, Refused
from postwarden.people.service import NotAllowed, Person, member

EVA, BEA = "eva@example.net", "bea@brand.test"


def person(account):
    return Person(account, "K17", "Canary Äon", "nl", "+31 20 555")


@pytest.fixture
def name(book):
    reference = book.open("home", "brand")
    book(cases.suspect, reference, [EVA, BEA], "")
    return reference


def known(name, who="anna"):
    return [one.account for one in cases.kept_persons(member(who), name)]


def test_people_are_kept_for_accounts_of_the_case_alone(book, name):
    assert cases.unknown_persons(member("anna"), name) == [BEA, EVA]
    book(cases.keep_persons, name, {EVA: person(EVA)})
    assert cases.unknown_persons(member("anna"), name) == [BEA]
    assert cases.kept_persons(member("anna"), name) == [person(EVA)]
    with pytest.raises(Refused) as caught:
        book(cases.keep_persons, name, {"x@example.net": person("x@example.net")})
    assert caught.value.refusal.code is Code.NO_ACCOUNT
    assert ("person.kept", name, EVA) in book.acts()


def test_each_sees_their_own_customers_people(book, name):
    book(cases.keep_persons, name, {EVA: person(EVA), BEA: person(BEA)})
    assert known(name, "ben") == [EVA]
    assert known(name, "cleo") == [BEA]
    assert cases.unknown_persons(member("cleo"), name) == []
    for who in ("rolf", "hana"):
        with pytest.raises(NotAllowed):
            known(name, who)
    with pytest.raises(Refused):
        book(cases.keep_persons, name, {EVA: person(EVA)}, who="cleo")


def test_people_go_where_their_accounts_go(book, name):
    book(cases.keep_persons, name, {EVA: person(EVA), BEA: person(BEA)})
    new = book(cases.split_case, name, Choice((EVA,)), "apart", "").reference
    assert (known(name), known(new)) == ([BEA], [EVA])
    book(cases.keep_persons, name, {BEA: person(BEA)})
    book(cases.merge_cases, name, new, "")
    assert known(name) == [BEA, EVA]


def test_who_is_forgotten_leaves_no_byte_in_the_files(book_on_sqlite):
    book = book_on_sqlite
    name = book.open("home")
    book(cases.suspect, name, [EVA], "")
    book(cases.keep_persons, name, {EVA: person(EVA)})
    assert b"Canary" in content(book.settings.path)
    assert book(cases.forget_persons, name, [EVA]) == 1
    assert b"Canary" not in content(book.settings.path)
    assert known(name) == []
    assert book(cases.forget_persons, name, [EVA]) == 0


def test_people_are_in_no_bundle(book, name):
    book.take(name, finding("a1", EVA))
    book(cases.keep_persons, name, {EVA: person(EVA)})
    assert b"Canary" not in book(cases.export_case, name)


def content(folder):
    return b"".join(one.read_bytes() for one in Path(folder).rglob("*") if one.is_file())
