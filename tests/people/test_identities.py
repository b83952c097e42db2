"""Adding people, enrolling their keys, and letting them go, on both databases."""

import pytest

from people.conftest import HELPDESK, NOW, POSTMASTER
from postwarden.people.service import (
    EVERYWHERE,
    GRANTS,
    BadKey,
    Grant,
    NameTaken,
    NotAllowed,
    Permission,
    Role,
    UnknownIdentity,
    add,
    allows,
    challenge,
    enrol,
    member,
    members,
    retire,
)


@pytest.fixture
def anna(state, records):
    return add("anna", "Anna Example", [POSTMASTER], "anna", records, NOW)


def take(name, key, actor, records, now=NOW):
    return enrol(name, key.public, key.sign(challenge(name, key.public)), actor, records, now)


def test_the_first_one_adds_themselves_and_then_others(anna, records):
    ben = add("ben", "Ben Example", [HELPDESK, HELPDESK], "anna", records, NOW)
    assert ben == member("ben")
    assert ben.grants == (HELPDESK,)
    assert [one.name for one in members()] == ["anna", "ben"]
    assert [(act, actor, person) for act, actor, person, _ in records] == [
        ("person.added", "anna", "anna"),
        ("person.added", "anna", "ben"),
    ]


def test_the_first_one_must_be_able_to_add_others(state, records):
    with pytest.raises(NotAllowed, match="must be postmaster or officer"):
        add("eva", "Eva Example", [HELPDESK], "eva", records, NOW)
    assert (members(), records) == ([], [])


def test_who_may_not_add_adds_nobody(anna, records):
    add("ben", "Ben Example", [HELPDESK], "anna", records, NOW)
    with pytest.raises(NotAllowed, match="ben may not do this: it needs people:person:manage"):
        add("eva", "Eva Example", [POSTMASTER], "ben", records, NOW)
    with pytest.raises(UnknownIdentity):
        add("eva", "Eva Example", [POSTMASTER], "nobody", records, NOW)
    assert len(members()) == 2


def test_a_name_is_given_once(anna, records):
    with pytest.raises(NameTaken):
        add("anna", "Another", [HELPDESK], "anna", records, NOW)
    assert len(records) == 1


def test_a_role_for_one_organisation_does_not_reach_another(anna, records):
    grant = Grant(Role.POSTMASTER, "brand")
    eva = add("eva", "Eva Example", [grant], "anna", records, NOW)
    eva.allowed(Permission.HOLD_REQUEST, "brand")
    for other in ("reseller", EVERYWHERE):
        with pytest.raises(NotAllowed):
            eva.allowed(Permission.HOLD_REQUEST, other)


def test_a_key_is_enrolled_by_its_own_signature(anna, records, make_key):
    key = make_key()
    enrolled = take("anna", key, "anna", records)
    assert (enrolled.public, enrolled.revoked_at) == (" ".join(key.public.split()[:2]), None)
    assert member("anna").keys == (enrolled,)
    assert records[-1] == ("person.enrolled", "anna", "anna", {"key": enrolled.public})


def test_a_key_that_somebody_has_is_not_taken_again(anna, records, make_key):
    add("ben", "Ben Example", [HELPDESK], "anna", records, NOW)
    key = make_key()
    take("anna", key, "anna", records)
    with pytest.raises(BadKey, match="is enrolled already"):
        take("ben", key, "ben", records)
    assert member("ben").keys == ()


def test_a_signature_of_another_name_enrols_nothing(anna, records, make_key):
    key = make_key()
    with pytest.raises(BadKey):
        enrol("anna", key.public, key.sign(challenge("ben", key.public)), "anna", records, NOW)
    assert member("anna").keys == ()


def test_only_who_may_enrols_for_others(anna, records, make_key):
    add("ben", "Ben Example", [HELPDESK], "anna", records, NOW)
    with pytest.raises(NotAllowed):
        take("anna", make_key(), "ben", records)
    assert take("ben", make_key(), "anna", records).revoked_at is None


def test_who_left_acts_no_more_and_their_keys_stay_known(anna, records, make_key):
    add("ben", "Ben Example", [POSTMASTER], "anna", records, NOW)
    take("ben", make_key(), "ben", records)
    retire("ben", "anna", records, NOW + 1)
    ben = member("ben")
    assert (ben.active, [key.revoked_at for key in ben.keys]) == (False, [NOW + 1])
    with pytest.raises(NotAllowed):
        ben.allowed(Permission.CASE_READ)
    with pytest.raises(NotAllowed, match="acts no more"):
        take("ben", make_key(), "anna", records)
    assert records[-1][:3] == ("person.retired", "anna", "ben")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
def test_a_role_allows_what_it_grants_and_nothing_else(role, permission):
    granted = permission in GRANTS[role]
    assert allows([Grant(role, "brand")], permission, "brand") == granted
    assert allows([Grant(role, EVERYWHERE)], permission, "brand") == granted
    assert not allows([Grant(role, "brand")], permission, "reseller")
    assert not allows([], permission, "brand")


def test_nobody_is_called_as_the_record_calls_postwarden_itself(anna, records):
    with pytest.raises(NameTaken, match="take another"):
        add("postwarden", "An Impostor", [POSTMASTER], "anna", records, NOW)
    assert [one.name for one in members()] == ["anna"]
