"""One-time links, on both databases."""

import threading

import pytest
from django.db import connections

from people.conftest import HELPDESK, NOW, POSTMASTER
from postwarden.people.service import (
    BadInvitation,
    NotAllowed,
    UnknownIdentity,
    add,
    redeem,
    retire,
)
from postwarden.people.service import invite as invite_member

DAY = 24 * 3_600_000_000


@pytest.fixture
def anna(state, records):
    return add("anna", "Anna Example", [POSTMASTER], "anna", records, NOW)


@pytest.fixture
def hana(anna, records):
    return add("hana", "Hana Example", [HELPDESK], "anna", records, NOW)


def invite(name, records, actor="anna", now=NOW):
    return invite_member(name, actor, records, now)


def test_a_link_lets_whom_it_was_made_for_in_once(hana, records):
    token = invite("hana", records)
    assert redeem(token, records, NOW + DAY - 1).name == "hana"
    with pytest.raises(BadInvitation):
        redeem(token, records, NOW + DAY - 1)
    assert [one[:3] for one in records[-2:]] == [
        ("person.invited", "anna", "hana"),
        ("person.let-in", "hana", "hana"),
    ]


def test_its_time_is_up_after_a_day(hana, records):
    token = invite("hana", records)
    with pytest.raises(BadInvitation):
        redeem(token, records, NOW + DAY)


def test_a_later_link_takes_the_place_of_an_earlier_one(hana, records):
    first, second = invite("hana", records), invite("hana", records)
    with pytest.raises(BadInvitation):
        redeem(first, records, NOW)
    assert redeem(second, records, NOW).name == "hana"


@pytest.mark.parametrize("given", ["", "hana", "hana.", ".x", "nobody.x", "hana.é", "anna.{}"])
def test_what_is_no_link_lets_nobody_in(hana, records, given):
    secret = invite("hana", records).partition(".")[2]
    with pytest.raises(BadInvitation):
        redeem(given.format(secret), records, NOW)


def test_inviting_takes_the_right_to_add_people(hana, records):
    with pytest.raises(NotAllowed):
        invite("anna", records, actor="hana")
    with pytest.raises(UnknownIdentity):
        invite("nobody", records)


def test_who_left_is_neither_invited_nor_let_in(hana, records):
    token = invite("hana", records)
    retire("hana", "anna", records, NOW)
    with pytest.raises(BadInvitation):
        redeem(token, records, NOW)
    with pytest.raises(NotAllowed):
        invite("hana", records)


def test_the_secret_itself_is_kept_nowhere(on_sqlite, records):
    add("anna", "Anna Example", [POSTMASTER], "anna", records, NOW)
    token = invite("anna", records)
    connections.close_all()
    with open(f"{on_sqlite.path}/postwarden.sqlite", "rb") as file:
        assert token.partition(".")[2].encode() not in file.read()
    assert token not in str(records)


def test_of_two_at_once_one_is_let_in(hana, records):
    token, let_in, begin = invite("hana", records), [], threading.Barrier(4)

    def try_it():
        begin.wait()
        try:
            let_in.append(redeem(token, records, NOW).name)
        except BadInvitation:
            pass
        finally:
            connections.close_all()

    threads = [threading.Thread(target=try_it) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert let_in == ["hana"]
