"""Holding and releasing as people do it, with a Dovecot in memory."""

import contextlib
import sqlite3
from dataclasses import replace

import pytest
from django.db import connection, transaction

from people.conftest import NOW
from postwarden.cases import service as cases
from postwarden.custody.service import Mismatch, Stage
from postwarden.holds.file import HeldAccounts, projection_file
from postwarden.holds.models import HoldRow
from postwarden.holds.sentences import sentence
from postwarden.holds.service import Aligner, HoldContribution, Kind, NothingToDo, Refusal, Wording
from postwarden.people.service import NotAllowed, member

EVA, FINN, GINA = "eva@example.net", "finn@example.net", "gina@brand.example"


def told(desk, account):
    return HeldAccounts(desk.folder).reason(account)


def test_a_hold_is_told_in_the_holders_language_and_recorded(desk):
    assert desk.hold(EVA, GINA.upper()).done == 2
    assert told(desk, EVA) == sentence(Wording.EXAMINATION, "nl")
    assert told(desk, GINA) == sentence(Wording.EXAMINATION, "de")
    assert told(desk, FINN) is None
    assert [act for act in desk.acts() if act.startswith(("plan", "hold"))] == [
        "plan.frozen", "plan.begun", "hold.placed", "hold.placed", "plan.done",
    ]  # fmt: skip


def test_a_release_waits_for_somebody_else_and_then_happens(desk, key):
    desk.hold(EVA)
    plan = desk.plan_release(EVA)
    assert desk.desk.carry(plan.hash, desk.now).stage is Stage.FROZEN
    assert told(desk, EVA) is not None
    assert desk.approve(plan, key).stage is Stage.DONE
    assert told(desk, EVA) is None
    assert desk.desk.held() == []


def test_an_account_is_held_until_the_last_case_releases_it(quick_desk, quick_key):
    desk = quick_desk
    first, second = desk.open_case(), desk.open_case()
    desk.hold(EVA, case=first)
    desk.hold(EVA, case=second)
    desk.approve(desk.plan_release(EVA, case=first), quick_key)
    assert told(desk, EVA) is not None
    desk.approve(desk.plan_release(EVA, case=second), quick_key)
    assert told(desk, EVA) is None
    state = cases.case_file(member("anna"), second).case.accounts[EVA]
    assert state is cases.State.RELEASED


def test_the_case_says_who_is_held(quick_desk):
    case = quick_desk.open_case()
    quick_desk.hold(EVA, case=case)
    assert cases.case_file(member("anna"), case).case.accounts == {EVA: cases.State.HELD}


def test_preservation_keeps_mail_and_not_logins(quick_desk):
    quick_desk.hold(EVA, kind=Kind.PRESERVATION, who="ben")
    assert told(quick_desk, EVA) is None
    assert quick_desk.desk.preserved([EVA, FINN]) == {EVA}


def test_nobody_holds_accounts_of_others(quick_desk):
    assert quick_desk.hold(GINA, who="bram").done == 1
    with pytest.raises(NotAllowed):
        quick_desk.hold(GINA, EVA, who="bram")
    assert told(quick_desk, EVA) is None


def test_what_is_held_already_is_left_out_and_all_of_it_is_no_plan(quick_desk):
    quick_desk.hold(EVA)
    assert quick_desk.hold(EVA, FINN).done == 1
    with pytest.raises(NothingToDo):
        quick_desk.hold(EVA, FINN)


@pytest.mark.parametrize(
    ("mismatch", "stage", "still"),
    [(Mismatch.LEAVE_OUT, Stage.DONE, set()), (Mismatch.STOP, Stage.STOPPED, {FINN})],
)
def test_what_changed_meanwhile_is_left_out_or_stops_the_plan(
    quick_desk, quick_key, mismatch, stage, still
):
    desk = quick_desk
    desk.hold(EVA, FINN)
    slow = desk.plan_release(EVA, FINN, mismatch=mismatch)
    desk.approve(desk.plan_release(EVA), quick_key)
    carried = desk.approve(slow, quick_key)
    assert carried.stage is stage
    if stage is Stage.DONE:
        assert carried.left == ((EVA, Refusal.NOT_HELD),)
    assert {one.account for one in desk.desk.held()} == still


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@pytest.mark.parametrize("point", range(1, 60, 6))
def test_a_plan_killed_anywhere_is_finished_by_the_worker(quick_desk, monkeypatch, point):
    desk, calls = quick_desk, iter(range(1_000))
    monkeypatch.setattr("postwarden.holds.carrying.FIRST", 2)
    monkeypatch.setattr("postwarden.holds.carrying.BATCH", 3)
    accounts = [f"user{number}@example.net" for number in range(8)]

    def kill(execute, sql, parameters, many, context):
        if not sql.startswith(("SAVEPOINT", "RELEASE")) and next(calls) == 20 + point:
            raise Killed
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(kill), contextlib.suppress(Killed):
        desk.hold(*accounts)
    begun = bool(desk.desk.plans.every())
    Aligner(desk.desk, desk.control, lambda: desk.now() + 6_000_000).run()
    wanted = accounts if begun else []
    assert [one.account for one in desk.desk.held()] == wanted
    assert [one for one in accounts if told(desk, one)] == wanted
    assert HoldRow.objects.count() == len(wanted) == desk.acts().count("hold.placed")


def test_an_approval_and_the_beginning_of_its_plan_are_one_step(quick_desk, quick_key, monkeypatch):
    quick_desk.hold(EVA)
    plan = quick_desk.plan_release(EVA)

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patched, contextlib.suppress(Killed):
        patched.setattr(quick_desk.desk.plans, "begin", kill)
        quick_desk.approve(plan, quick_key)
    assert quick_desk.approve(plan, quick_key).stage is Stage.DONE
    assert quick_desk.acts().count("plan.approved") == 1


def test_sessions_that_are_to_end_are_recorded_before(quick_desk, dovecot, monkeypatch):
    def kill(_accounts):
        raise Killed

    dovecot.live = {EVA: 1}
    quick_desk.hold(EVA)
    with monkeypatch.context() as patched, contextlib.suppress(Killed):
        patched.setattr(dovecot, "end", kill)
        quick_desk.align()
    assert quick_desk.acts().count("hold.sessions-ending") == 1


def test_sessions_end_and_nobody_elses(quick_desk, dovecot):
    dovecot.live = {EVA: 2, FINN: 1}
    dovecot.cached = {EVA, FINN}
    quick_desk.hold(EVA)
    quick_desk.align()
    assert dovecot.live == {FINN: 1}
    assert dovecot.cached == {FINN}
    assert quick_desk.desk.pending() == []


def test_a_login_that_was_under_way_is_ended_too(quick_desk, dovecot):
    quick_desk.hold(EVA)
    quick_desk.align(0)
    dovecot.live = {EVA: 1}
    quick_desk.align(11)
    assert dovecot.live == {}


def test_redirects_are_suspended_and_restored(quick_desk, quick_key, dovecot):
    dovecot.boxes = {EVA: ({"main", "old"}, "main"), FINN: ({"f"}, "f")}
    quick_desk.hold(EVA)
    quick_desk.align()
    assert dovecot.boxes == {EVA: ({"main", "old"}, None), FINN: ({"f"}, "f")}
    quick_desk.approve(quick_desk.plan_release(EVA), quick_key)
    quick_desk.align()
    assert dovecot.boxes[EVA] == ({"main", "old"}, "main")
    assert {"hold.filters-suspended", "hold.filters-restored"} <= set(quick_desk.acts())


@pytest.mark.parametrize("failures", range(1, 8))
def test_answers_that_get_lost_change_nothing_in_the_end(quick_desk, quick_key, dovecot, failures):
    dovecot.boxes, dovecot.live = {EVA: ({"main"}, "main")}, {EVA: 1}
    dovecot.fail = failures
    quick_desk.hold(EVA)
    for _ in range(failures + 1):
        quick_desk.align()
    assert (dovecot.boxes[EVA][1], dovecot.live) == (None, {})
    quick_desk.approve(quick_desk.plan_release(EVA), quick_key)
    dovecot.fail = failures
    for _ in range(failures + 1):
        quick_desk.align()
    assert dovecot.boxes[EVA][1] == "main"
    assert quick_desk.desk.pending() == []


def test_without_a_dovecot_it_is_said_what_is_missing(quick_desk):
    quick_desk.hold(EVA)
    quick_desk.control = None
    quick_desk.align()
    assert all("[[holds.dovecot]]" in one.trouble for one in quick_desk.desk.pending())


@pytest.mark.parametrize("damage", ["missing", "garbage", "edited"])
def test_the_file_of_the_servers_is_mended(quick_desk, damage):
    quick_desk.hold(EVA)
    path = projection_file(quick_desk.folder)
    if damage == "garbage":
        with open(path, "r+b") as file:
            file.write(b"x" * 12_000)
    else:
        with sqlite3.connect(path) as file:
            file.execute("DELETE FROM holds")
            file.execute("INSERT INTO holds VALUES ('finn@example.net', 'x')")
        file.close()
    Aligner(quick_desk.desk, None, quick_desk.now).check()
    assert told(quick_desk, EVA) is not None
    assert told(quick_desk, FINN) is None
    assert quick_desk.desk.projection.check()


def test_merging_cases_releases_nobody(quick_desk):
    first, second = quick_desk.open_case(), quick_desk.open_case()
    quick_desk.hold(EVA, case=first)
    quick_desk.hold(EVA, FINN, case=second)
    with transaction.atomic():
        HoldContribution(quick_desk.ledger).merge(first, second, NOW)
    assert [(one.account, one.case) for one in quick_desk.desk.held()] == [
        (EVA, first),
        (FINN, first),
    ]
    assert len(HoldContribution(quick_desk.ledger).export([first]).documents["holds"]) == 3


def test_every_doubt_of_a_case_is_a_refusal_here():
    assert {str(one) for one in cases.Doubt} <= {str(one) for one in Refusal}


def test_a_legal_hold_is_for_officer_and_counsel(quick_desk):
    with pytest.raises(NotAllowed):
        quick_desk.hold(EVA, kind=Kind.PRESERVATION, who="anna")
    assert quick_desk.hold(EVA, kind=Kind.PRESERVATION, who="ben").done == 1


def test_a_mistyped_name_is_held_and_named(quick_desk, dovecot, quick_key):
    dovecot.strange = {"evva@example.net"}
    quick_desk.hold(EVA, "evva@example.net")
    quick_desk.align()
    assert quick_desk.desk.unknown() == ["evva@example.net"]
    assert "hold.account-unknown" in quick_desk.acts()
    quick_desk.approve(quick_desk.plan_release("evva@example.net"), quick_key)
    quick_desk.align()
    assert quick_desk.desk.unknown() == []
    assert quick_desk.acts().count("hold.account-unknown") == 1


def test_a_case_lets_nobody_go_whom_it_holds(quick_desk, quick_key):
    case = quick_desk.open_case()
    quick_desk.cases = replace(
        quick_desk.cases, contributions=(HoldContribution(quick_desk.ledger),)
    )
    quick_desk.hold(EVA, case=case)
    anna = member("anna")
    with pytest.raises(cases.Refused) as excluded:
        cases.move(quick_desk.cases, anna, case, [EVA], cases.State.EXCLUDED, "", quick_desk.now())
    with pytest.raises(cases.Refused) as closed:
        cases.close(quick_desk.cases, anna, case, "", quick_desk.now())
    for caught in (excluded, closed):
        assert caught.value.refusal == (cases.Code.STILL_HELD, EVA)
