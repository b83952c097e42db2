"""Personal tokens."""

from importlib import import_module
from pkgutil import iter_modules

import pytest
from django.apps import apps

import postwarden
from people.conftest import HELPDESK, NOW, POSTMASTER
from postwarden.people.models import TokenRow
from postwarden.people.service import (
    EVERYWHERE,
    GRANTS,
    BadToken,
    Grant,
    NotAllowed,
    Permission,
    Role,
    UnknownIdentity,
    add,
    bearer,
    make_token,
    retire,
    revoke_token,
    tokens,
)
from postwarden.words.roles import MAY

DAY = 24 * 3_600_000_000
READ = (Permission.CASE_READ,)


@pytest.fixture
def people(on_sqlite, records):
    add("anna", "Anna Example", [POSTMASTER], "anna", records, NOW)
    add("bob", "Bob Example", [HELPDESK], "anna", records, NOW)
    records.clear()
    return records


def make(records, name="anna", label="pipeline", scope=READ, lasts=DAY, now=NOW):
    return make_token(name, label, scope, now + lasts, records, now)


def test_who_has_it_acts_as_its_owner_with_what_its_scope_leaves(people):
    given = make(people)
    who = bearer(given, NOW + 1)
    assert who.name == "anna"
    assert who.organisations(Permission.CASE_READ) is None
    assert who.organisations(Permission.CASE_EDIT) == frozenset()
    who.allowed(Permission.CASE_READ, "brand")
    with pytest.raises(NotAllowed, match="scope lacks cases:case:edit"):
        who.allowed(Permission.CASE_EDIT)


def test_a_scope_gives_no_right_that_its_owner_has_not(people):
    who = bearer(make(people, "bob", scope=(Permission.CASE_READ, Permission.REPORT_ADD)), NOW)
    assert who.organisations(Permission.CASE_READ) == frozenset()
    assert who.organisations(Permission.REPORT_ADD) == {"brand"}


def test_its_secret_is_kept_nowhere(people):
    given = make(people)
    row = TokenRow.objects.get()
    assert given not in repr(row.__dict__)
    assert given.removeprefix("pwt_") not in repr(row.__dict__)
    assert given not in repr(people)


def test_making_and_revoking_are_on_record(people):
    make(people)
    revoke_token("anna", "pipeline", "anna", people, NOW + 1)
    assert people == [
        ("token.made", "anna", "anna",
         {"label": "pipeline", "scope": ["cases:case:read"], "expires": "2026-11-19T11:06:40Z"}),
        ("token.revoked", "anna", "anna", {"label": "pipeline"}),
    ]  # fmt: skip


def test_it_ends_with_its_time_its_revocation_or_its_owner(people):
    given, other = make(people), make(people, label="other")
    assert bearer(given, NOW + DAY - 1).name == "anna"
    with pytest.raises(BadToken):
        bearer(given, NOW + DAY)
    revoke_token("anna", "pipeline", "anna", people, NOW + 1)
    with pytest.raises(BadToken):
        bearer(given, NOW + 1)
    assert bearer(other, NOW + 1).name == "anna"
    add("dora", "Dora", [POSTMASTER], "anna", people, NOW)
    retire("anna", "anna", people, NOW + 2)
    with pytest.raises(BadToken):
        bearer(other, NOW + 2)


@pytest.mark.parametrize("given", ["", "pwt_", "pwt_" + "a" * 43, "pwt_\udcff", "anna"])
def test_what_was_never_given_lets_nobody_in(people, given):
    make(people)
    with pytest.raises(BadToken):
        bearer(given, NOW)


@pytest.mark.parametrize(
    "told",
    [
        {"scope": ()}, {"lasts": 0}, {"lasts": -1}, {"lasts": 367 * DAY},
        {"label": ""}, {"label": "a" * 65}, {"label": "a\0b"}, {"label": "a\nb"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_not_made(people, told):
    with pytest.raises(BadToken):
        make(people, **told)
    assert (TokenRow.objects.count(), people) == (0, [])


def test_a_label_is_free_again_once_its_token_is_revoked(people):
    make(people)
    with pytest.raises(BadToken, match="revoke it first"):
        make(people)
    revoke_token("anna", "pipeline", "anna", people, NOW)
    make(people)
    assert [one.counts(NOW) for one in tokens("anna")] == [True, False]


def test_one_revokes_ones_own_and_who_manages_people_anybodys(people):
    make(people)
    make(people, "bob")
    with pytest.raises(NotAllowed):
        revoke_token("anna", "pipeline", "bob", people, NOW)
    revoke_token("bob", "pipeline", "anna", people, NOW)
    with pytest.raises(BadToken):
        revoke_token("bob", "pipeline", "anna", people, NOW)
    with pytest.raises(UnknownIdentity):
        revoke_token("nobody", "pipeline", "anna", people, NOW)


def test_nobody_who_left_gets_one(people):
    retire("bob", "anna", people, NOW)
    with pytest.raises(NotAllowed):
        make(people, "bob")
    with pytest.raises(UnknownIdentity):
        make(people, "nobody")


def test_when_it_was_used_is_known_to_the_hour(people):
    given = make(people)
    assert tokens("anna")[0].used is None
    bearer(given, NOW + DAY // 2 + 7)
    assert tokens("anna")[0].used == (NOW + DAY // 2) // 3_600_000_000 * 3_600_000_000


def test_a_right_taken_away_is_missed_by_the_next_use(people):
    given = make(people)
    assert bearer(given, NOW).organisations(Permission.CASE_READ) is None
    anna = TokenRow.objects.get().identity
    anna.roles.all().delete()
    anna.roles.create(role=Role.HELPDESK, organisation=EVERYWHERE)
    assert bearer(given, NOW).grants == (Grant(Role.HELPDESK, EVERYWHERE),)
    assert bearer(given, NOW).organisations(Permission.CASE_READ) == frozenset()


def test_tokens_made_before_permissions_named_their_room_can_what_they_could(people):
    given = make(people)
    row = TokenRow.objects.get()
    row.scope = ["case:read", "helpdesk:ask"]
    row.save()
    renaming = import_module("postwarden.people.migrations.0006_scopes")
    assert {*renaming.FORMER.values()} < {*Permission}
    renaming._rename(apps, None)
    assert bearer(given, NOW).scope == {Permission.CASE_READ, Permission.HELPDESK_ASK}
    renaming._rename(apps, None)
    assert bearer(given, NOW).organisations(Permission.CASE_READ) is None


def test_a_permission_names_its_room_its_thing_and_what_is_done(people):
    rooms = {one.name for one in iter_modules(postwarden.__path__)}
    assert {one.partition(":")[0] for one in Permission} <= rooms
    assert {one.count(":") for one in Permission} == {2}
    assert {*MAY} == {*Permission}
    assert all(any(one in some for some in GRANTS.values()) for one in Permission)
