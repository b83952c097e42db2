"""Plans and holds while cases are merged under them, and releases that came too late."""

import threading
import time
from dataclasses import replace

import pytest
from django.db import connection, connections

from holds.conftest import Desk, _enrolled
from postwarden.cases import service as cases
from postwarden.custody.service import Mismatch, Refused, Stage
from postwarden.holds import carrying
from postwarden.holds.file import HeldAccounts
from postwarden.holds.models import HoldRow
from postwarden.holds.sentences import sentence
from postwarden.holds.service import HoldContribution, Refusal, Wish, Wording
from postwarden.people.service import member

EVA, FINN, GINA = "eva@example.net", "finn@example.net", "gina@brand.example"


def merge(desk, kept, gone, *more):
    rooms = (*more, HoldContribution(desk.ledger))
    there = replace(desk.cases, contributions=rooms)
    cases.merge_cases(there, member("anna"), kept, gone, "one fault", desk.now())


def test_a_plan_follows_its_case(desk, key):
    kept, gone = desk.open_case(), desk.open_case()
    planned = desk.desk.hold(Wish((EVA, FINN), gone, "why"), member("anna"), desk.now())
    merge(desk, kept, gone)
    assert desk.desk.carry(planned.plan.hash, desk.now).done == 2
    assert {one.case for one in desk.desk.held()} == {kept}
    state = cases.case_file(member("anna"), kept).case.accounts[EVA]
    assert state is cases.State.HELD
    assert desk.approve(desk.plan_release(EVA, case=kept), key).done == 1
    assert [one.account for one in desk.desk.held()] == [FINN]


def test_a_release_that_waited_during_a_merge_releases(desk, key):
    kept, gone = desk.open_case(), desk.open_case()
    desk.hold(EVA, case=gone)
    plan = desk.plan_release(EVA, case=gone)
    merge(desk, kept, gone)
    assert desk.approve(plan, key).done == 1
    assert desk.desk.held() == []
    assert cases.case_file(member("anna"), kept).case.accounts[EVA] is cases.State.RELEASED


@pytest.mark.parametrize("first", [Wording.OUTAGE, Wording.EXAMINATION])
def test_of_two_wordings_the_weightier_stays_after_a_merge(desk, first):
    second = {Wording.OUTAGE: Wording.EXAMINATION, Wording.EXAMINATION: Wording.OUTAGE}[first]
    kept, gone = desk.open_case(), desk.open_case()
    desk.hold(EVA, case=kept, wording=first)
    desk.hold(EVA, case=gone, wording=second)
    merge(desk, kept, gone)
    (held,) = desk.desk.held()
    assert held.wording is Wording.EXAMINATION
    ended = HoldRow.objects.get(ended__isnull=False)
    assert (ended.ended_plan, ended.case) == (held.plan, kept)
    (entry,) = [one for one in desk.ledger.entries() if one.act == "hold.joined"]
    assert (entry.facts["person"], entry.facts["plan"]) == (EVA, ended.plan)
    desk.hold(EVA, case=desk.open_case(), wording=Wording.OUTAGE)
    told = HeldAccounts(desk.folder).reason(EVA)
    assert told == sentence(Wording.EXAMINATION, "nl")


def test_an_old_release_ends_no_later_hold(desk, key):
    case = desk.open_case()
    desk.hold(EVA, case=case)
    first, second = (desk.plan_release(EVA, case=case) for _ in range(2))
    desk.approve(second, key)
    desk.hold(EVA, case=case)
    carried = desk.approve(first, key)
    assert carried.left == ((EVA, Refusal.HELD_ANEW),)
    assert [one.account for one in desk.desk.held()] == [EVA]


def test_a_plan_that_was_withdrawn_is_not_approved(quick_desk, quick_key):
    quick_desk.hold(EVA)
    plan = quick_desk.plan_release(EVA)
    quick_desk.desk.plans.withdraw(plan.hash, "anna", "a mistake", quick_desk.now())
    with pytest.raises(Refused):
        quick_desk.approve(plan, quick_key)
    assert quick_desk.desk.plans.get(plan.hash).stage is Stage.WITHDRAWN


def test_what_no_longer_fits_later_stops_the_plan_there(quick_desk, quick_key, monkeypatch):
    monkeypatch.setattr(carrying, "FIRST", 1)
    monkeypatch.setattr(carrying, "BATCH", 1)
    desk = quick_desk
    desk.hold(EVA, FINN, GINA)
    plan = desk.plan_release(EVA, FINN, GINA, mismatch=Mismatch.STOP)
    refresh = desk.desk.projection.refresh

    def meanwhile(*before):
        HoldRow.objects.filter(account=FINN).update(ended=desk.time)
        return refresh(*before)

    monkeypatch.setattr(desk.desk.projection, "refresh", meanwhile)
    carried = desk.approve(plan, quick_key)
    assert (carried.stage, carried.done, carried.left) == (Stage.STOPPED, 1, ())
    assert [one.account for one in desk.desk.held()] == [GINA]


class Slow:
    """A room whose part of a merge waits until somebody else waits for the database, too."""

    name = "slow"

    def merge(self, _kept, _gone, _now):
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        deadline = time.monotonic() + 20
        self.began.set()
        while time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_stat_clear_snapshot()")
                cursor.execute(waiting)
                if cursor.fetchone()[0]:
                    return
            time.sleep(0.01)
        raise AssertionError("the plan did not come to wait for the merge")

    def __init__(self):
        self.began = threading.Event()


def test_a_merge_and_a_plan_at_once_both_come_to_their_end(
    on_postgresql, tmp_path, dovecot, make_key
):
    desk = Desk(on_postgresql, tmp_path / "holds", dovecot)
    _enrolled(make_key)
    kept, gone = desk.open_case(), desk.open_case()
    planned = desk.desk.hold(Wish((EVA,), gone, "why"), member("anna"), desk.now())
    slow, failed = Slow(), []

    def join():
        try:
            merge(desk, kept, gone, slow)
        except Exception as error:  # noqa: BLE001  # told by the test
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=join)
    thread.start()
    assert slow.began.wait(20)
    carried = desk.desk.carry(planned.plan.hash, desk.now)
    thread.join(30)
    assert (failed, carried.done) == ([], 1)
    assert [one.case for one in desk.desk.held()] == [kept]


def test_sessions_of_a_name_that_is_a_pattern_are_left_and_not_recorded(quick_desk, dovecot):
    pattern = "e*a@example.net"
    dovecot.live = {pattern: 1, EVA: 1}
    quick_desk.hold(pattern)
    for _ in range(5):
        quick_desk.align(40)
    assert dovecot.live == {pattern: 1, EVA: 1}
    assert "hold.sessions-ending" not in quick_desk.acts()
    assert not any("@" in one.trouble for one in quick_desk.desk.pending())
    assert quick_desk.desk.pending(member("anna"))[0].accounts == (pattern,)


def test_an_ending_is_recorded_once_an_effect(quick_desk, dovecot, monkeypatch):
    dovecot.live = {EVA: 1}
    monkeypatch.setattr(dovecot, "end", lambda _accounts: None)
    quick_desk.hold(EVA)
    for _ in range(10):
        quick_desk.align(40)
    assert quick_desk.acts().count("hold.sessions-ending") == 2


def test_however_many_accounts_are_asked_about_a_statement_names_few(quick_desk):
    quick_desk.hold(EVA, "zoe@example.net")
    most = []

    def count(execute, sql, parameters, many, context):
        most.append(len(parameters or ()))
        return execute(sql, parameters, many, context)

    names = [EVA, "zoe@example.net", *(f"user{number}@example.net" for number in range(2_000))]
    with connection.execute_wrapper(count):
        found = quick_desk.desk.holds_of(names)
    assert [one.account for one in found] == [EVA, "zoe@example.net"]
    assert max(most) < 999
