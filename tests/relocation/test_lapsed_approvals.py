"""A plan goes on while its approval holds, and no longer: it stops between copies, and says why."""

import pytest

from people.conftest import POSTMASTER, KeyFile, Records
from postwarden.custody.service import Refused, Stage
from postwarden.people.models import RoleRow
from postwarden.people.service import add, challenge, enrol, member, retire
from postwarden.relocation import carrying, restoring
from relocation.offices import HOUR
from relocation.test_relocation_batches import BOB, CAROL, EVE, Astray


@pytest.fixture
def astray(on_sqlite, tmp_path, monkeypatch):
    """Copies are put right one by one."""
    monkeypatch.setattr(carrying, "_AT_ONCE", 1)
    monkeypatch.setattr(restoring, "_AT_ONCE", 1)
    return Astray(on_sqlite, tmp_path, tmp_path)


def another_officer(astray, folder):
    """Let there be somebody else who may approve; give their key."""
    folder.mkdir()
    key, now = KeyFile(folder), astray.now()
    add("cleo", "Cleo", [POSTMASTER], "anna", Records(), now)
    enrol("cleo", key.public, key.sign(challenge("cleo", key.public)), "cleo", Records(), now)
    return key


def expire(astray):
    astray.time += 13 * HOUR


def leave(astray):
    retire("ben", "anna", Records(), astray.now())


def lose_role(_):
    RoleRow.objects.filter(identity__name="ben").delete()


@pytest.mark.parametrize(
    ("lapse", "why"), [(expire, "expired"), (leave, "approver-gone"), (lose_role, "approver-gone")]
)
def test_a_running_plan_stops_when_its_approval_holds_no_more(astray, tmp_path, lapse, why):
    first, second = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE, number=2)
    plan, desk = astray.plan(first, second), astray.office.desk
    desk.run(plan, member("anna"))
    desk.carry(plan, lambda: lapse(astray))
    assert astray.outcomes(plan) == [("relocated", ""), ("", "")]
    progress = desk.progress(plan)
    assert (progress.stage, progress.stopped) == (Stage.STOPPED, why)
    assert desk.waiting() == []
    with pytest.raises(Refused, match=why):
        desk.run(plan, member("anna"))
    key = another_officer(astray, tmp_path / "cleo")
    astray.office.signed(desk.plans.get(plan), key, "cleo")
    astray.carry(plan)
    assert astray.outcomes(plan) == [("relocated", "")] * 2


def test_a_plan_whose_approver_left_does_not_begin(astray):
    plan = astray.plan(astray.wrong(BOB, EVE))
    leave(astray)
    with pytest.raises(Refused, match="approver-gone"):
        astray.office.desk.run(plan, member("anna"))
    assert astray.office.desk.plans.stage(plan) is Stage.APPROVED


def test_a_restore_stops_likewise(astray):
    copies = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE, number=2)
    astray.carry(astray.plan(*copies))
    frozen = astray.office.restores.plan(astray.case, (), "undo", member("anna"))
    plan = astray.office.signed(frozen, astray.key).hash
    told = astray.office.restore(plan, lambda _: expire(astray))
    assert (told.done, told.stage, told.stopped) == (1, Stage.STOPPED, "expired")
    astray.office.signed(frozen, astray.key)
    assert astray.office.restore(plan).done == 2


def test_what_a_person_gave_as_the_reason_is_told(astray):
    plan, desk = astray.plan(astray.wrong(BOB, EVE)), astray.office.desk
    desk.run(plan, member("anna"))
    desk.stop(plan, member("anna"), "wait for the officer")
    assert desk.progress(plan).stopped == "wait for the officer"
