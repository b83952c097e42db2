"""`postwarden person add`: a role is held for an organisation that there is, or for all."""

import pytest
from django.db import connections

from custody.installation import Installation
from people.conftest import Records
from postwarden.people.service import (
    EVERYWHERE,
    Grant,
    Role,
    bearer,
    challenge,
    enrol,
    member,
    members,
)
from postwarden.rooms import present


@pytest.fixture
def place(tmp_path):
    yield Installation(tmp_path)
    connections.close_all()


@pytest.mark.parametrize(
    "role", ["postmaster@typo", "postmaster@", "officer@Brand", "reader@brand.example"]
)
def test_an_organisation_that_is_not_configured_is_refused(place, role):
    answer = place.ask("anna", "person", "add", "vera", "--role", "reader", "--role", role)
    assert answer.status == 2
    assert "there are home, brand" in " ".join(answer.err.replace("│", " ").split())
    assert "vera" not in {one.name for one in members()}


def test_one_that_is_configured_is_taken(place):
    place.run("anna", "person", "add", "vera", "--role", "reader@brand", "--role", "helpdesk")
    brand, everywhere = Grant(Role.READER, "brand"), Grant(Role.HELPDESK, EVERYWHERE)
    assert set(member("vera").grants) == {brand, everywhere}


def test_a_token_is_printed_once_and_revoked_by_its_name(place):
    answer = place.ask("anna", "person", "token", "nightly", "--scope", "cases:case:read")
    given = answer.out.strip()
    assert bearer(given, present()).name == "anna"
    assert "not shown again" in answer.err
    assert given not in place.run("anna", "person", "tokens")
    assert "cases:case:read" in place.run("anna", "person", "tokens")
    place.run("anna", "person", "revoke", "nightly")
    assert "revoked" in place.run("anna", "person", "tokens")
    refused = place.ask("anna", "person", "token", "nightly", "--scope", "everything")
    assert refused.status == 2


def test_a_key_is_revoked_by_its_fingerprint_and_only_once(place, make_key):
    own = make_key()
    signed = own.sign(challenge("anna", own.public))
    key = enrol("anna", own.public, signed, "anna", Records(), present())
    assert "signs nothing" in place.run("anna", "person", "revoke-key", "anna", key.fingerprint)
    assert member("anna").keys[0].revoked_at
    again = place.ask("anna", "person", "revoke-key", "anna", key.fingerprint)
    assert again.status != 0
    assert "was revoked before" in again.err


def test_roles_are_given_and_taken_by_somebody_else(place):
    place.run("anna", "person", "add", "vera", "--role", "reader@brand")
    told = place.run("anna", "person", "give", "vera", "helpdesk")
    assert told == "vera has now: helpdesk, reader@brand.\n"
    told = place.run("anna", "person", "take", "vera", "reader@brand")
    assert told == "vera has now: helpdesk.\n"
    assert member("vera").grants == (Grant(Role.HELPDESK, EVERYWHERE),)
    for words in (
        ("vera", "reader@nowhere"),
        ("vera", "king"),
        ("anna", "reader"),
        ("nobody", "reader"),
    ):
        assert place.ask("anna", "person", "give", *words).status == 2
    assert place.ask("vera", "person", "give", "ben", "reader").status == 2
    assert place.run("anna", "person", "take", "vera", "helpdesk") == "vera has now: no role.\n"
