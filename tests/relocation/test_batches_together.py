"""Two batches at once, one given and one taken: whatever happens meanwhile, each message arrives once."""

from contextlib import suppress

import pytest

from postwarden.custody.service import Stage
from postwarden.people.service import member
from postwarden.relocation import carrying, pacing
from postwarden.relocation.errors import (
    AmbiguousRouteError,
    PermanentRouteError,
)
from postwarden.relocation.models import DeliveryRow
from postwarden.relocation.service import faults
from relocation.in_turn import InTurn
from relocation.offices import HOUR
from relocation.test_relocation_batches import BOB, CAROL, EVE, FINN, LATER, Astray, Killed

FIRST_GIVEN = [("stage", 2), ("publish", 1), ("remove", 1)]
"""Calls that are made, for the so-manieth time, while the first batch is given and the second one taken."""
LEFT = ("left", "abandoned")


@pytest.fixture
def astray(on_sqlite, tmp_path, monkeypatch):
    monkeypatch.setattr(carrying, "_AT_ONCE", 1)
    return Astray(on_sqlite, tmp_path, tmp_path)


@pytest.fixture
def in_turn(monkeypatch):
    monkeypatch.setattr(pacing, "ThreadPoolExecutor", InTurn)


def at(astray, call, number, act):
    """Let something happen just before a call is made for the so-manieth time."""
    real, made = getattr(astray.office.route.route, call), []

    def acting(*words):
        made.append(None)
        if len(made) == number:
            act()
        return real(*words)

    setattr(astray.office.route.route, call, acting)


def three(astray):
    return [
        astray.wrong(BOB, EVE),
        astray.wrong(CAROL, FINN, number=2),
        astray.wrong(BOB, FINN, number=3),
    ]


def sound(astray):
    assert faults(astray.office.ledger, astray.office.box) == []
    assert astray.office.box.verify().faults == []
    assert astray.mail.unusual() == []


def all_put_right(astray, plan, copies, before=()):
    assert astray.outcomes(plan) == [("relocated", "")] * len(copies)
    found = sorted(astray.has(EVE) + astray.has(FINN))
    assert found == sorted([*before, *(astray.contents[one.copy.id] for one in copies)])
    assert (astray.has(BOB), astray.has(CAROL)) == ([], [])
    sound(astray)


@pytest.mark.usefixtures("in_turn")
@pytest.mark.parametrize(("call", "number"), FIRST_GIVEN)
def test_a_stop_meanwhile_lets_nothing_arrive_that_is_staged(astray, call, number):
    copies = three(astray)
    plan, desk = astray.plan(*copies), astray.office.desk
    at(astray, call, number, lambda: desk.stop(plan, member("anna"), "wait"))
    desk.run(plan, member("anna"))
    desk.carry(plan)
    assert (desk.progress(plan).stage, desk.waiting()) == (Stage.STOPPED, [])
    arrived = len(astray.has(EVE) + astray.has(FINN))
    assert arrived == astray.outcomes(plan).count(("relocated", "")) == 1
    assert desk.progress(plan).under_way <= 1, "the next one is staged, or waits"
    astray.carry(plan)
    all_put_right(astray, plan, copies)


@pytest.mark.usefixtures("in_turn")
@pytest.mark.parametrize(("call", "number"), FIRST_GIVEN)
def test_a_plan_given_up_meanwhile_leaves_nothing_half_done(astray, call, number):
    copies = three(astray)
    plan, desk = astray.plan(*copies), astray.office.desk
    at(astray, call, number, lambda: desk.abandon(plan, member("anna"), ""))
    astray.carry(plan)
    desk.carry(plan)
    assert desk.waiting() == []
    assert astray.outcomes(plan) == [("relocated", ""), LEFT, LEFT]
    sound(astray)
    again = astray.plan(*copies[1:])
    astray.carry(again)
    all_put_right(astray, again, copies[1:], [astray.contents[copies[0].copy.id]])


@pytest.mark.usefixtures("in_turn")
@pytest.mark.parametrize("call", ["stage", "publish", "clear"])
def test_who_loses_the_plan_meanwhile_does_nothing_twice(astray, call):
    copies = three(astray)
    plan, other = astray.plan(*copies), astray.another("-elsewhere")

    def taken_over():
        astray.time += LATER
        other.desk.carry(plan)

    at(astray, call, 2, taken_over)
    astray.carry(plan, rounds=3)
    all_put_right(astray, plan, copies)


@pytest.mark.usefixtures("in_turn")
def test_an_approval_that_ends_meanwhile_lets_nothing_more_arrive(astray):
    copies = three(astray)
    plan, desk = astray.plan(*copies), astray.office.desk

    def expire():
        astray.time += 13 * HOUR

    at(astray, "publish", 1, expire)
    astray.carry(plan)
    progress = desk.progress(plan)
    assert (progress.stage, progress.stopped) == (Stage.STOPPED, "expired")
    came = len(astray.has(EVE) + astray.has(FINN))
    assert came == astray.outcomes(plan).count(("relocated", "")) == 1
    astray.office.signed(desk.plans.get(plan), astray.key)
    astray.carry(plan)
    all_put_right(astray, plan, copies)


def carry_on(astray, plan, call, error):
    """Let a call end badly twice, though it was done, and carry the plan out until it is at its end."""
    astray.office.route.fails, astray.office.route.error = (
        {call: 1 if call == "publish" else 2},
        error("no answer"),
    )
    for _ in range(8):
        with suppress(Killed):
            astray.carry(plan)
    assert astray.office.route.fails == {call: 0}


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("stage", Killed),
        ("settle", PermanentRouteError),
        ("remove", AmbiguousRouteError),
    ],
)
def test_what_fails_for_one_batch_ends_the_same(astray, call, error):
    copies = three(astray)
    plan = astray.plan(*copies)
    carry_on(astray, plan, call, error)
    all_put_right(astray, plan, copies)


@pytest.mark.parametrize(("call", "error"), [("stage", AmbiguousRouteError), ("publish", Killed)])
def test_copies_of_one_message_in_batches_at_once_arrive_once(astray, call, error):
    copies = [astray.wrong(BOB, EVE), astray.wrong(CAROL, EVE), astray.wrong(FINN, EVE)]
    plan = astray.plan(*copies)
    carry_on(astray, plan, call, error)
    assert astray.outcomes(plan) == [("relocated", "")] * 3
    assert len(astray.has(EVE)) == 1
    assert DeliveryRow.objects.filter(sent="arrived").count() == 1
    sound(astray)
