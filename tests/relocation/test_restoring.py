"""Copies that come back out of quarantine, and what keeps some of them from it."""

import shutil
from errno import ENOSPC

import pytest

from postwarden.cases import service as cases
from postwarden.custody.service import Stage
from postwarden.people.service import member
from postwarden.relocation import restoring
from postwarden.relocation.bearing import Lease, LeaseLost
from postwarden.relocation.errors import AmbiguousRouteError, TemporaryRouteError
from postwarden.relocation.models import CopyRow
from postwarden.relocation.rules import MOST_TRIES
from postwarden.relocation.service import NothingToRepair, RepairsOfCases, Where
from postwarden.servers.maildir import route as maildir
from postwarden.state import outbox
from relocation.test_relocation_batches import BOB, CAROL, EVE, Astray, delete

PARTS = ["cur", "new", "tmp"]


@pytest.fixture
def astray(on_sqlite, tmp_path):
    """Two copies were put where they belong: one of Bob's, one of Carol's."""
    made = Astray(on_sqlite, tmp_path, tmp_path)
    made.copies = [made.wrong(BOB, EVE), made.wrong(CAROL, EVE, number=2)]
    made.plan_hash = made.plan(*made.copies)
    made.carry(made.plan_hash)
    return made


def planned(astray, *copies):
    """Give a plan that puts copies back, approved."""
    plan = astray.office.restores.plan(astray.case, copies, "undo", member("anna"))
    return astray.office.signed(plan, astray.key).hash


def ends(told):
    return [(one.outcome, one.why) for one in told.not_back]


def parts(astray, account):
    return sorted(one.name for one in astray.mail.box(account).iterdir())


def test_two_plans_put_a_copy_back_once(astray):
    first, second = planned(astray), planned(astray)
    assert astray.office.restore(first).done == 2
    told = astray.office.restore(second)
    assert (told.stage, ends(told)) == (Stage.DONE, [("left", "settled")] * 2)
    assert astray.has(BOB) == [astray.contents[astray.copies[0].copy.id]]
    assert RepairsOfCases().binding([astray.case]) == frozenset()


def test_what_another_plan_is_putting_back_is_waited_for(astray):
    first, second = planned(astray), planned(astray)
    astray.office.route.fails = {"settle": 1}
    with pytest.raises(AmbiguousRouteError):
        astray.office.restore(first)
    with pytest.raises(TemporaryRouteError, match="another plan"):
        astray.office.restore(second)
    assert astray.office.restore(first).done == 2
    assert ends(astray.office.restore(second)) == [("left", "settled")] * 2
    assert len(astray.has(BOB)) == 1


def test_two_that_stage_a_copy_at_once_put_it_back_once(astray, monkeypatch):
    """The second one looks before the first has written anything, and writes after it."""
    first, second = (planned(astray, astray.copies[0].copy.id) for _ in range(2))
    real = astray.office.route.route.restore

    def late(*words):
        monkeypatch.setattr(astray.office.route.route, "restore", real)
        astray.office.restore(first)
        return real(*words)

    monkeypatch.setattr(astray.office.route.route, "restore", late)
    with pytest.raises(TemporaryRouteError, match="another plan"):
        astray.office.restore(second)
    assert parts(astray, BOB) == PARTS
    assert ends(astray.office.restore(second)) == [("left", "settled")]
    assert len(astray.has(BOB)) == 1


def test_a_key_that_was_destroyed_ends_the_plan_and_binds_nobody(astray):
    plan = planned(astray)
    astray.office.box.destroy(astray.case, "ben", "over", astray.now())
    told = astray.office.restore(plan)
    assert (told.stage, ends(told)) == (Stage.DONE, [("left", "not-kept")] * 2)
    assert RepairsOfCases().binding([astray.case]) == frozenset()


def test_a_mailbox_that_is_gone_keeps_no_other_copy_back(astray):
    plan = planned(astray)
    shutil.rmtree(astray.mail.box(BOB))
    told = astray.another().restore(plan)
    assert (told.done, told.stage) == (1, Stage.DONE)
    assert ends(told) == [("needs-person", "no-mailbox")]
    assert len(astray.has(CAROL)) == 1


def test_what_keeps_failing_keeps_no_other_copy_back(astray, monkeypatch):
    """Both are in one batch, which the store refuses for the sake of one account."""
    plan, real = planned(astray), astray.office.route.route.restore

    def restore(parcel, *more):
        if parcel.account == BOB:
            raise AmbiguousRouteError("no space")
        return real(parcel, *more)

    monkeypatch.setattr(astray.office.route.route, "restore", restore)
    monkeypatch.setattr(restoring, "_AT_ONCE", 8)
    for _ in range(4):
        with pytest.raises(AmbiguousRouteError):
            astray.office.restore(plan)
    told = astray.office.restore(plan)
    assert (told.done, told.stage) == (1, Stage.DONE)
    assert ends(told) == [("needs-person", "keeps-failing")]
    assert len(astray.has(CAROL)) == 1


def test_a_store_that_is_full_for_long_keeps_nothing_back_for_good(astray, monkeypatch):
    plan = planned(astray)

    def full(*_):
        raise OSError(ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(maildir, "write", full)
        for _ in range(MOST_TRIES + 3):
            with pytest.raises(TemporaryRouteError, match="No space left"):
                astray.office.restore(plan)
    told = astray.office.restore(plan)
    assert (told.done, told.stage) == (2, Stage.DONE)
    assert ends(told) == []


def test_what_ends_at_once_clears_no_staging_of_others(astray):
    """No key is how all keys begin."""
    office = astray.office
    plan = planned(astray, astray.copies[0].copy.id)
    other = astray.plan(astray.wrong(CAROL, BOB, number=3))
    office.route.fails = {"stage": 1}
    astray.carry(other)
    assert "postwarden" in parts(astray, BOB)
    office.box.destroy(astray.case, "ben", "over", astray.now())
    cleared = []
    office.route.route.clear, real = (
        (lambda keys, accounts: cleared.extend(keys) or real(keys, accounts)),
        office.route.route.clear,
    )
    office.restore(plan)
    assert cleared == [f"{plan[:12]}-"]


def test_a_stopped_plan_goes_on(astray, monkeypatch):
    plan, real = planned(astray), Lease.go_on

    def stopped(lease):
        astray.office.restores.stop(plan, member("anna"), "wait")
        real(lease)

    monkeypatch.setattr(Lease, "go_on", stopped)
    told = astray.office.restore(plan)
    assert (told.done, told.stage) == (0, Stage.STOPPED)
    assert outbox.waiting(["relocation.restore"]) == []
    monkeypatch.undo()
    told = astray.office.restore(plan)
    assert (told.done, told.stage) == (2, Stage.DONE)


def test_a_plan_that_nobody_runs_is_stopped_and_goes_on(astray):
    plan = planned(astray)
    astray.office.route.fails = {"settle": 1}
    with pytest.raises(AmbiguousRouteError):
        astray.office.restore(plan)
    assert astray.office.restores.stop(plan, member("anna"), "wait").stage is Stage.STOPPED
    assert outbox.waiting(["relocation.restore"]) == []
    told = astray.office.restore(plan)
    assert (told.done, told.stage) == (2, Stage.DONE)


def test_whoever_lost_the_plan_to_another_stops_without_a_word(astray, monkeypatch):
    plan = planned(astray)

    def lost(_):
        raise LeaseLost

    monkeypatch.setattr(Lease, "go_on", lost)
    assert astray.office.restore(plan).stage is Stage.RUNNING


def test_what_was_kept_and_then_left_comes_back_when_it_is_named(astray):
    """Its holder deleted it once it was in quarantine: nobody else has it."""
    astray.case = astray.office.case()
    copy = astray.wrong(BOB, EVE, number=3)
    plan = astray.plan(copy)
    astray.office.route.route.settle = lambda tickets: dict.fromkeys(
        (one.key for one in tickets), Where.LOST
    )
    astray.carry(plan)
    del astray.office.route.route.settle
    delete(astray, copy)
    astray.carry(plan)
    row = CopyRow.objects.get(plan=plan)
    assert (row.outcome, bool(row.quarantined)) == ("needs-person", True)
    with pytest.raises(NothingToRepair):
        planned(astray)
    with pytest.raises(NothingToRepair):
        planned(astray, "")
    assert astray.office.restore(planned(astray, row.quarantined[:12])).done == 1
    assert astray.has(BOB) == [astray.contents[copy.copy.id]]


def test_a_merged_case_s_copies_are_found_though_it_ran_after(astray):
    office = astray.office
    astray.case, kept = office.case(), astray.case
    gone = astray.case
    plan = astray.plan(astray.wrong(BOB, EVE, number=3))
    cases.merge_cases(office.cases, member("anna"), kept, gone, "", astray.now())
    astray.carry(plan)
    found = office.restores.plan(kept, (), "undo", member("anna"))
    assert len(found.acts) == 3


def test_the_record_says_what_became_of_each(astray):
    plan = planned(astray)
    astray.office.route.route.settle, real = (
        (lambda tickets: {**real(tickets), tickets[0].key: Where.UNCLEAR}),
        astray.office.route.route.settle,
    )
    told = astray.office.restore(plan)
    assert ends(told) == [("needs-person", "not-known-arrived")]
    entries = astray.office.ledger.entries()
    said = [
        (one.act, *copy[:3])
        for one in entries
        if one.act in ("copy.restored", "copy.ended") and one.facts["plan"] == plan
        for copy in one.facts["detail"]["copies"]
    ]
    one, two = (copy.copy.id for copy in astray.copies)
    assert said == [
        ("copy.restored", two, "restored", ""),
        ("copy.ended", one, "needs-person", "not-known-arrived"),
    ]
