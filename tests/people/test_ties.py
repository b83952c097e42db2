"""One person cannot be both people: whoever let another in by the console is no second one beside them."""

import pytest

from custody.plans import HOUR, NOW, PLAN
from people.conftest import HELPDESK, POSTMASTER, KeyFile, Records
from postwarden.custody.service import Plans, Refusal, Refused, Stage, consent
from postwarden.ledger.service import Ledger
from postwarden.people.models import Identity, TieRow
from postwarden.people.service import (
    ITSELF,
    Grant,
    NotAllowed,
    Role,
    add,
    bring,
    bring_back,
    challenge,
    enrol,
    invite,
    member,
    members,
    revoke_key,
    tied,
)

UNTIL = NOW + HOUR


@pytest.fixture
def records(on_sqlite):
    records = Records()
    for name in ("anna", "ben"):  # on the command line
        add(name, name.title(), [POSTMASTER], "anna", records, NOW)
    return records


def bring_in(records, name, by, grant=POSTMASTER):
    return bring(name, name.title(), grant, member(by), records, NOW)


def test_those_of_the_command_line_are_two(records):
    invite("ben", ITSELF, records, NOW)
    invite("ben", "anna", records, NOW)
    assert not tied("anna", "ben")


def test_who_let_somebody_in_is_tied_to_them_and_to_all_who_come_after(records):
    bring_in(records, "puppet", "anna")
    bring_in(records, "second", "puppet")
    bring_in(records, "sibling", "anna")
    bring_in(records, "cleo", "ben")
    for one, other in (("anna", "puppet"), ("anna", "second"), ("sibling", "second")):
        assert tied(one, other)
        assert tied(other, one)
    assert not tied("puppet", "cleo")
    assert not tied("puppet", "ben")


def test_whom_somebody_invited_is_tied_to_them_also_after_the_command_line_did(records):
    bring_back("ben", member("anna"), records, NOW)
    invite("ben", ITSELF, records, NOW)
    assert tied("ben", "anna")


def test_who_invites_themselves_is_tied_to_nobody(records):
    bring_back("anna", member("anna"), records, NOW)
    assert not TieRow.objects.exists()


def test_nobody_gives_a_role_that_can_do_what_they_cannot(records):
    with pytest.raises(NotAllowed, match="officer"):
        bring_in(records, "puppet", "anna", Grant(Role.OFFICER, "home"))
    bring_in(records, "hana", "anna", HELPDESK)
    assert [one.name for one in members()] == ["anna", "ben", "hana"]


def test_whoever_was_let_in_is_invited_anew_by_the_command_line_alone(records, make_key):
    key = make_key()
    enrol("ben", key.public, key.sign(challenge("ben", key.public)), "ben", records, NOW)
    with pytest.raises(NotAllowed, match="person invite ben"):
        bring_back("ben", member("anna"), records, NOW)
    assert not tied("anna", "ben")


@pytest.fixture
def desk(records, on_sqlite, tmp_path):
    desk = Plans(Ledger(on_sqlite.path, "example.net/postwarden"), lambda _: "home")
    desk.key = KeyFile(tmp_path)
    desk.freeze(PLAN, NOW)
    return desk


def approve(desk, who):
    key = desk.key
    enrol(who, key.public, key.sign(challenge(who, key.public)), who, Records(), NOW)
    return desk.approve(
        PLAN.hash, who, UNTIL, key.sign(consent(PLAN.hash, len(PLAN.acts), UNTIL)), NOW
    )


def test_a_puppet_approves_nothing_of_who_let_it_in(desk, records):
    bring_in(records, "puppet", PLAN.requester)
    assert desk.awaiting(member("puppet"), NOW) == []
    with pytest.raises(Refused) as caught:
        approve(desk, "puppet")
    assert caught.value.refusal is Refusal.TIED


def test_an_approval_counts_no_more_once_its_key_was_revoked(desk):
    approve(desk, "ben")
    (key,) = member("ben").keys
    revoke_key("ben", key.fingerprint, "anna", Records(), NOW + 1)
    assert desk.standing(desk.get(PLAN.hash)).lapsed(NOW + 2) is Refusal.APPROVER_GONE
    with pytest.raises(Refused, match="approver-gone"):
        desk.begin(PLAN.hash, "postwarden", NOW + 2)


def test_an_approval_counts_no_more_once_they_are_tied(desk, records):
    assert approve(desk, "ben").stage is Stage.APPROVED
    assert desk.standing(desk.get(PLAN.hash)).lapsed(NOW) is None
    bring_in(records, "puppet", "anna")
    assert desk.standing(desk.get(PLAN.hash)).lapsed(NOW) is None
    names = {one.name: one for one in Identity.objects.all()}
    TieRow.objects.create(identity=names["anna"], by=names["ben"])
    assert desk.standing(desk.get(PLAN.hash)).lapsed(NOW) is Refusal.TIED
    with pytest.raises(Refused, match="tied"):
        desk.begin(PLAN.hash, "postwarden", NOW)
