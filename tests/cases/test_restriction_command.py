"""`postwarden case restrict` and what goes with it: a case for people by name, by command line."""

import pytest
from django.db import connections

from custody.installation import Installation

WHY = ("--why", "a colleague may be concerned")


@pytest.fixture
def place(tmp_path):
    there = Installation(tmp_path)
    there.run("anna", "person", "add", "olga", "--role", "officer")
    there.run("anna", "person", "add", "carl", "--role", "counsel")
    there.run("anna", "case", "open", "misdelivery", "Mail astray")
    yield there
    connections.close_all()


def test_a_case_is_for_people_by_name_until_that_is_lifted(place):
    case = "2026-0001"
    assert place.run("carl", "case", "insiders", case) == f"{case} is restricted to nobody.\n"
    told = place.run("olga", "case", "restrict", case, "--with", "anna", *WHY)
    assert told == f"{case} is there for anna, olga alone.\n"
    assert "no such case" in place.ask("carl", "case", "show", case).err
    assert place.ask("anna", "case", "let-in", case, "carl", *WHY).status == 2
    place.run("olga", "case", "let-in", case, "carl", *WHY)
    assert place.run("carl", "case", "insiders", case).split() == ["anna", "carl", "olga"]
    place.run("carl", "case", "take-out", case, "olga", *WHY)
    last = place.ask("carl", "case", "take-out", case, "carl", *WHY)
    assert last.status == 2
    assert "carl" in last.err
    assert place.ask("olga", "case", "unrestrict", case, *WHY).status == 2
    place.run("carl", "case", "unrestrict", case, *WHY)
    assert case in place.run("olga", "case", "show", case)


def test_without_a_reason_nothing_is_done(place):
    assert place.ask("olga", "case", "restrict", "2026-0001").status == 2
    assert place.ask("olga", "case", "restrict", "2026-0001", "--why", " ").status == 2
    assert "restricted to nobody" in place.run("olga", "case", "insiders", "2026-0001")
