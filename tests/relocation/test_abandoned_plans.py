"""A plan that is given up ends as it is: nothing is begun, nothing stays half done, and others may take it up."""

import pytest

from postwarden.custody.service import Refused, Stage
from postwarden.people.service import member
from postwarden.relocation import carrying
from postwarden.relocation.errors import AmbiguousRouteError, CarriedElsewhere, NothingToDecide
from postwarden.relocation.models import DeliveryRow
from postwarden.relocation.service import Where, faults
from relocation.test_relocation_batches import BOB, CAROL, EVE, FINN, Astray, Killed


@pytest.fixture
def astray(on_sqlite, tmp_path, monkeypatch):
    monkeypatch.setattr(carrying, "_AT_ONCE", 1)
    return Astray(on_sqlite, tmp_path, tmp_path)


def cut_off(astray, plan, call, before=False):
    """Let the plan's process be killed once a call of its route was done, or instead of it."""
    route = astray.office.route
    if before:
        real = getattr(route.route, call)

        def killed(*_):
            setattr(route.route, call, real)
            raise Killed

        setattr(route.route, call, killed)
    else:
        route.fails, route.error = {call: 1}, Killed()
    with pytest.raises(Killed):
        astray.carry(plan)


def abandon(astray, plan, office=None):
    desk = (office or astray.office).desk
    found = desk.abandon(plan, member("anna"), "another way")
    desk.carry(plan)
    assert found.stage is Stage.ABANDONED
    return astray.outcomes(plan)


def sound(astray):
    assert faults(astray.office.ledger, astray.office.box) == []
    assert astray.office.box.verify().faults == []
    assert astray.mail.unusual() == []


LEFT = ("left", "abandoned")


def test_what_has_not_begun_is_free_for_another_plan(astray):
    first, second = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE, number=2)
    plan, desk = astray.plan(first, second), astray.office.desk
    desk.run(plan, member("anna"))
    desk.carry(plan, lambda: desk.stop(plan, member("anna"), "wait"))
    assert abandon(astray, plan) == [("relocated", ""), LEFT]
    (entry,) = [one for one in astray.office.ledger.entries() if one.act == "plan.abandoned"]
    assert (entry.facts["actor"], entry.facts["why"]) == ("anna", "another way")
    assert desk.waiting() == []
    again = astray.plan(second)
    astray.carry(again)
    assert astray.outcomes(again) == [("relocated", "")]
    assert len(astray.has(EVE)) == 2
    sound(astray)


def test_a_plan_at_work_is_given_up_between_its_copies(astray):
    copies = astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE, number=2)
    plan, desk = astray.plan(*copies), astray.office.desk
    desk.run(plan, member("anna"))
    desk.carry(plan, lambda: desk.abandon(plan, member("anna"), ""))
    desk.carry(plan)
    assert astray.outcomes(plan) == [("relocated", ""), LEFT]
    assert desk.waiting() == []
    for act in (desk.run, lambda start, who: desk.stop(start, who, "")):
        with pytest.raises(Refused):
            act(plan, member("anna"))


def test_what_is_staged_is_taken_back_and_another_plan_makes_the_delivery(astray):
    copy = astray.wrong(BOB, EVE)
    plan = astray.plan(copy)
    cut_off(astray, plan, "publish", before=True)
    assert [one.sent for one in DeliveryRow.objects.all()] == ["under-way"]
    assert astray.office.desk.progress(plan).under_way == 1
    assert abandon(astray, plan, astray.another()) == [LEFT]
    assert astray.office.desk.progress(plan).under_way == 0
    assert astray.has(EVE) == []
    sound(astray)
    again = astray.plan(copy)
    astray.carry(again)
    assert astray.outcomes(again) == [("relocated", "")]
    assert astray.has(EVE) == [astray.contents[copy.copy.id]]


@pytest.mark.parametrize("call", ["publish", "settle", "arrived", "remove"])
def test_what_somebody_got_already_is_finished(astray, call):
    copy = astray.wrong(BOB, EVE)
    plan = astray.plan(copy)
    cut_off(astray, plan, call)
    assert abandon(astray, plan, astray.another()) == [("relocated", "")]
    assert (astray.has(EVE), astray.has(BOB)) == ([astray.contents[copy.copy.id]], [])
    sound(astray)


def test_what_one_of_two_got_the_other_one_gets(astray):
    copy = astray.wrong(BOB, EVE, FINN)
    plan = astray.plan(copy)
    route = astray.office.route.route
    real = route.publish
    route.publish = lambda tickets: real([one for one in tickets if one.account == EVE])
    cut_off(astray, plan, "publish")
    assert abandon(astray, plan, astray.another()) == [("relocated", "")]
    assert astray.has(EVE) == astray.has(FINN) == [astray.contents[copy.copy.id]]
    sound(astray)


def test_what_nobody_can_know_waits_for_a_person_and_keeps_its_claim(astray):
    copy = astray.wrong(BOB, EVE)
    plan = astray.plan(copy)
    cut_off(astray, plan, "publish")
    (there,) = [one for one in astray.mail.files() if "/eve/" in str(one)]
    there.unlink()
    assert abandon(astray, plan, astray.another()) == [("needs-person", "not-known-arrived")]
    (stuck,) = astray.office.desk.stuck(plan)
    assert (stuck.finding, stuck.owners) == (copy.copy.id, (EVE,))
    again = astray.plan(copy)
    astray.carry(again)
    assert astray.outcomes(again) == [("needs-person", "not-known-arrived")]
    astray.office.desk.decide(plan, copy.copy.id, member("anna"), "not there", arrived=False)
    last = astray.plan(copy)
    astray.carry(last)
    assert astray.has(EVE) == [astray.contents[copy.copy.id]]
    sound(astray)


def test_a_store_that_is_away_is_asked_again(astray):
    copy = astray.wrong(BOB, EVE)
    plan = astray.plan(copy)
    cut_off(astray, plan, "publish", before=True)
    astray.office.route.fails = {"settle": 1}
    astray.office.route.error = AmbiguousRouteError("no answer")
    assert abandon(astray, plan) == [("", "")]
    assert astray.office.desk.progress(plan).trouble == "no answer"
    astray.time += 10_000_000
    assert astray.office.desk.carry(plan)
    assert astray.outcomes(plan) == [LEFT]
    assert astray.office.desk.waiting() == []


def test_a_plan_whose_approval_is_over_is_given_up_all_the_same(astray):
    copy = astray.wrong(BOB, EVE)
    plan = astray.plan(copy)
    cut_off(astray, plan, "publish")
    astray.time += 13 * 3_600_000_000
    assert abandon(astray, plan) == [("relocated", "")]


class Restores:
    """A restore of two copies, cut off, and what it leaves."""

    def __init__(self, astray):
        self.astray = astray
        self.copies = [astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE, number=2)]
        astray.carry(astray.plan(*self.copies))
        self.desk = astray.office.restores
        self.plan = self.planned()

    def planned(self):
        frozen = self.desk.plan(self.astray.case, (), "undo", member("anna"))
        return self.astray.office.signed(frozen, self.astray.key).hash

    def abandon(self):
        return self.astray.another().restores.abandon(self.plan, member("anna"), "not theirs")

    def cut_off(self, **calls):
        route = self.astray.office.route
        route.fails, route.error = calls, Killed()
        with pytest.raises(Killed):
            self.astray.office.restore(self.plan)


@pytest.fixture
def restores(astray):
    return Restores(astray)


def test_a_restore_is_given_up_without_a_key(astray, restores):
    route = astray.office.route.route
    real, route.publish = route.publish, lambda _: None
    restores.cut_off(publish=1)
    route.publish = real
    told = restores.abandon()
    assert (told.done, told.stage) == (0, Stage.ABANDONED)
    assert [(one.outcome, one.why) for one in told.not_back] == [LEFT, LEFT]
    sound(astray)
    assert astray.office.restore(restores.planned()).done == 2


def test_what_a_restore_put_back_already_is_back(astray, restores):
    restores.cut_off(publish=1)
    assert restores.abandon().done == 2
    assert restores.abandon().done == 2
    sound(astray)


def test_a_stopped_restore_that_nobody_holds_is_given_up(astray, restores):
    restores.cut_off(publish=1)
    restores.desk.stop(restores.plan, member("anna"), "wait")
    assert restores.abandon().done == 2


def test_who_carries_a_restore_out_is_told(astray, restores, monkeypatch):
    def meanwhile(_):
        with pytest.raises(CarriedElsewhere, match=r"process \d+ on .* carries plan"):
            astray.another().restore(restores.plan)

    assert astray.office.restore(restores.plan, meanwhile).done == 2


@pytest.mark.parametrize("arrived", [True, False])
def test_a_restore_that_nobody_knows_of_is_settled_by_a_person(astray, restores, arrived):
    route = astray.office.route.route
    real = route.settle
    route.settle = lambda tickets: dict.fromkeys((one.key for one in tickets), Where.UNCLEAR)
    assert len(astray.office.restore(restores.plan).stuck) == 2
    route.settle = real
    for copy in restores.copies:
        args = (restores.plan, copy.copy.id, member("anna"), "looked")
        restores.desk.decide(*args, arrived=arrived)
        with pytest.raises(NothingToDecide):
            restores.desk.decide(*args, arrived=arrived)
    sound(astray)
    if arrived:
        assert len(astray.has(BOB)) == 1
    else:
        for file in [
            one for one in astray.mail.files() if "/bob/" in str(one) or "/carol/" in str(one)
        ]:
            file.unlink()
        assert astray.office.restore(restores.planned()).done == 2
