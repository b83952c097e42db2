"""What a plan does with copies that are right where they lie: it gives others theirs, or takes a doubled one."""

import pytest

from postwarden.custody.service import Kind
from postwarden.ledger.check import check
from postwarden.people.service import member
from postwarden.relocation.acts import act_of
from postwarden.relocation.drafting.service import repairs
from postwarden.relocation.rules import Why
from postwarden.relocation.service import RepairsOfCases, faults
from relocation.test_relocation_batches import BOB, CAROL, EVE, FINN, Astray, Killed, delete
from relocation.test_repair_record import bundle


@pytest.fixture
def astray(on_sqlite, tmp_path):
    return Astray(on_sqlite, tmp_path, tmp_path)


def right(astray, holder, *goals, number=1):
    return astray.wrong(holder, *goals, number=number)._replace(stays=True)


def doubled(astray):
    """Let Bob have a message twice, by two deliveries of the server's."""
    stays = astray.wrong(BOB, number=1)
    again = astray.wrong(BOB, number=2)
    content = astray.mail.path(BOB, stays.copy.file).read_bytes()
    astray.mail.path(BOB, again.copy.file).write_bytes(content)
    goes = again.copy._replace(header_hash=stays.copy.header_hash)
    return again._replace(copy=goes, twin=stays.copy, kept=(BOB,))


def test_those_left_out_get_theirs_and_the_right_copy_is_not_touched(astray):
    repair = right(astray, BOB, EVE, FINN)
    assert act_of(repair).kind is Kind.DELIVER
    before = [one for one in astray.mail.everything() if one.account == BOB]
    plan = astray.plan(repair)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("delivered", "")]
    assert [one for one in astray.mail.everything() if one.account == BOB] == before
    content = astray.contents[repair.copy.id]
    assert (astray.has(EVE), astray.has(FINN)) == ([content], [content])
    assert astray.told("copy.ended") == [repair.copy.id]
    assert faults(astray.office.ledger, astray.office.box) == []
    (told,) = RepairsOfCases().export([astray.case]).documents["repairs"][0]["copies"]
    assert (told["quarantine"], told["content"], told["outcome"]) == (None, content, "delivered")
    record = repairs(astray.office.ledger)
    assert record.given == {(EVE, "<1@shop.example>", "4Q"), (FINN, "<1@shop.example>", "4Q")}


@pytest.mark.parametrize("order", [1, -1])
def test_a_wrong_copy_and_a_right_one_give_each_of_them_one(astray, order):
    both = [right(astray, BOB, EVE), astray.wrong(CAROL, EVE)][::order]
    plan = astray.plan(*both)
    astray.carry(plan, rounds=2)
    assert len(astray.has(EVE)) == len(astray.has(BOB)) == 1
    assert astray.has(CAROL) == []
    ends = {("delivered", ""), ("left", "settled"), ("relocated", "")}
    assert set(astray.outcomes(plan)) < ends


@pytest.mark.parametrize("call", ["read", "stage", "publish", "settle", "arrived"])
def test_killed_at_any_call_they_get_it_once(astray, call):
    plan = astray.plan(right(astray, BOB, EVE))
    astray.office.route.fails, astray.office.route.error = {call: 1}, Killed()
    with pytest.raises(Killed):
        astray.carry(plan)
    astray.carry(plan, astray.another(), rounds=3)
    assert astray.outcomes(plan) == [("delivered", "")]
    assert (len(astray.has(EVE)), len(astray.has(BOB))) == (1, 1)


def test_a_holder_may_delete_what_is_theirs_meanwhile(astray):
    repair = right(astray, BOB, EVE)
    plan = astray.plan(repair)
    delete(astray, repair)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("left", "source-gone")]
    assert RepairsOfCases().binding([astray.case]) == frozenset()


def test_a_legal_preservation_of_the_holder_keeps_nothing_from_them(astray):
    plan = astray.plan(right(astray, BOB, EVE))
    astray.office.preserved.add(BOB)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("delivered", "")]


def test_of_a_message_that_the_server_delivered_twice_one_stays(astray):
    repair = doubled(astray)
    plan = astray.plan(repair)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("removed", "")]
    assert len(astray.has(BOB)) == 1
    assert astray.mail.path(BOB, repair.twin.file).exists()


def test_no_doubled_one_goes_when_its_holder_has_removed_the_other(astray):
    repair = doubled(astray)
    plan = astray.plan(repair)
    astray.mail.path(BOB, repair.twin.file).unlink()
    astray.carry(plan)
    assert astray.outcomes(plan) == [("left", "touched")]
    assert len(astray.has(BOB)) == 1


def test_no_doubled_one_goes_that_its_holder_has_flagged_meanwhile(astray):
    repair = doubled(astray)
    plan = astray.plan(repair)
    path = astray.mail.path(BOB, repair.copy.file)
    path.rename(f"{path}:2,F" if ":2," not in path.name else f"{path}F")
    astray.carry(plan)
    assert astray.outcomes(plan) == [("left", "touched")]
    assert len(astray.has(BOB)) == 2


def test_that_a_holder_who_is_meant_too_keeps_one_is_on_record_once_it_was_approved(astray):
    kept = astray.wrong(BOB, number=1)._replace(why=Why.HOLDERS_TOO, kept=(EVE,))
    assert act_of(kept).kind is Kind.KEEP
    plan = astray.plan(kept)
    assert not repairs(astray.office.ledger).kept
    astray.carry(plan)
    assert astray.outcomes(plan) == [("left", "holders-too")]
    assert list(repairs(astray.office.ledger).kept) == [(BOB, kept.copy.guid or kept.copy.id)]
    assert faults(astray.office.ledger, astray.office.box) == []


@pytest.mark.parametrize("call", ["read", "remove"])
def test_killed_at_any_call_one_of_two_stays_and_the_other_can_come_back(astray, call):
    repair = doubled(astray)
    plan = astray.plan(repair)
    astray.office.route.fails, astray.office.route.error = {call: 1}, Killed()
    with pytest.raises(Killed):
        astray.carry(plan)
    astray.carry(plan, astray.another(), rounds=3)
    assert astray.outcomes(plan) == [("removed", "")]
    assert astray.mail.path(BOB, repair.twin.file).exists()
    assert len(astray.has(BOB)) == 1
    back = astray.office.restores.plan(astray.case, (), "undo", member("anna"))
    astray.office.signed(back, astray.key)
    assert astray.office.restore(back.hash).done == 1
    assert len(astray.has(BOB)) == 2
    assert faults(astray.office.ledger, astray.office.box) == []


@pytest.mark.parametrize("call", ["read", "remove"])
def test_two_plans_at_once_never_take_both_of_a_doubled_one(astray, call):
    """Between two snapshots its holder has used the other one: each plan names another one as superfluous."""
    one = doubled(astray)
    other = one._replace(copy=one.twin, twin=one.copy)
    first, second = astray.plan(one), astray.plan(other)
    route, beside = astray.office.route.route, astray.another("elsewhere")
    real = getattr(route, call)
    reads = []

    def meanwhile(*words):
        found = real(*words) if call == "read" else None
        found = found if found is None else list(found)
        reads.append(words)
        if len(reads) == (2 if call == "read" else 1):
            astray.carry(second, beside)
        return real(*words) if found is None else iter(found)

    setattr(route, call, meanwhile)
    astray.carry(first)
    assert len(astray.has(BOB)) >= 1
    assert ("left", "touched") in [*astray.outcomes(first), *astray.outcomes(second)]


def test_a_plan_after_which_all_is_right_leaves_nothing_to_look_at(astray):
    kept = astray.wrong(FINN, number=2)._replace(why=Why.HOLDERS_TOO, kept=(FINN,))
    plan = astray.plan(right(astray, BOB, EVE), kept)
    astray.carry(plan)
    assert sorted(astray.outcomes(plan)) == [("delivered", ""), ("left", "holders-too")]
    assert astray.office.desk.stuck(plan) == []


def test_a_bundle_adds_up_what_was_given_kept_and_doubled(astray):
    kept = astray.wrong(FINN, number=4)._replace(why=Why.HOLDERS_TOO, kept=(FINN,))
    plan = astray.plan(right(astray, CAROL, EVE, number=3), doubled(astray), kept)
    astray.carry(plan)
    sums = {"right": 0, "settled": 0, "delivered": 1, "removed": 1, "left": 1}
    assert check(bundle(astray))["repairs"] == [sums]


@pytest.mark.parametrize("call", ["publish", "arrived"])
def test_given_up_what_those_left_out_got_is_on_record(astray, call):
    plan = astray.plan(right(astray, BOB, EVE))
    astray.office.route.fails, astray.office.route.error = {call: 1}, Killed()
    with pytest.raises(Killed):
        astray.carry(plan)
    desk = astray.another().desk
    desk.abandon(plan, member("anna"), "another way")
    desk.carry(plan)
    assert astray.outcomes(plan) == [("delivered", "")]
    assert (len(astray.has(EVE)), len(astray.has(BOB))) == (1, 1)
    assert repairs(astray.office.ledger).given == {(EVE, "<1@shop.example>", "4Q")}
    assert faults(astray.office.ledger, astray.office.box) == []
