"""Releases by a machine's proof, and the reminders of what is still held."""

import pytest

from cases.conftest import finding
from postwarden.cases import service as cases
from postwarden.custody.service import Stage
from postwarden.holds.service import Kind, NothingToDo, Refusal, Wish
from postwarden.people.service import NotAllowed, member

EVA, FINN = "eva@example.net", "finn@example.net"
DAY = 86_400


class Incident:
    """A case whose fault is over, with two accounts held."""

    def __init__(self, desk):
        self.desk = desk
        self.case = desk.open_case()
        began = desk.now()
        self.end = desk.now()
        self.change(occurred_from=began, occurred_to=self.end)
        desk.hold(EVA, FINN, case=self.case)
        desk.align()

    def change(self, **times):
        event = cases.Change(times=cases.Times(**times))
        cases.change(self.desk.cases, member("anna"), self.case, event, self.desk.now())

    def look(self, account, *, wrong=0, unexplained=0, unread=0, **other):
        now = self.desk.now()
        times = cases.case_file(member("anna"), self.case).case.times
        told = {"taken": now, "since": None, "until": None, "copies": 7}
        told |= {"logged_from": times.occurred_from, "logged_to": times.occurred_to, **other}
        seen = {"wrong": wrong, "unexplained": unexplained, "unread": unread}
        look = cases.Look(account, "s1", "ab" * 32, **told, **seen)
        taken = cases.Taken("s1", frozenset({account}), ())
        actor = member("anna")
        cases.examined(self.desk.cases, actor, self.case, taken, [look], self.desk.now())

    def release(self, *accounts, who="anna", **more):
        wish = Wish(accounts, self.case, "proven clean", **more)
        planned = self.desk.desk.release_proven(wish, member(who), self.desk.now())
        return self.desk.desk.carry(planned.plan.hash, self.desk.now)

    def refused(self, account):
        with pytest.raises(NothingToDo) as caught:
            self.release(account)
        return caught.value.left

    def held(self):
        return [one.account for one in self.desk.desk.held()]

    def state(self, account):
        return cases.case_file(member("anna"), self.case).case.accounts[account]


@pytest.fixture
def incident(desk):
    return Incident(desk)


@pytest.fixture
def quick(quick_desk):
    return Incident(quick_desk)


def test_a_proven_account_is_released_without_anybodys_approval(incident):
    incident.look(EVA)
    carried = incident.release(EVA, FINN)
    assert (carried.done, carried.stage) == (1, Stage.DONE)
    assert incident.held() == [FINN]
    assert incident.state(EVA) is cases.State.RELEASED
    plan = incident.desk.desk.plans.every()[-1]
    assert (plan.needed, plan.approvals) == (0, ())


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ({"wrong": 1}, cases.State.TO_REPAIR),
        ({"wrong": 1, "unread": 1}, cases.State.TO_REPAIR),
        ({"unexplained": 1}, cases.State.EXAMINED),
        ({"unread": 1}, cases.State.EXAMINED),
        ({"logged_from": None, "logged_to": None}, cases.State.EXAMINED),
    ],
)
def test_whatever_is_not_plainly_clean_stays_held(quick, seen, state):
    quick.look(EVA, **seen)
    assert quick.state(EVA) is state
    assert quick.refused(EVA) == ((EVA, Refusal.NOT_CLEARED),)


def test_who_was_not_examined_stays_held(quick):
    assert quick.refused(EVA) == ((EVA, Refusal.NOT_CLEARED),)


def test_evidence_from_before_the_hold_proves_nothing(quick):
    quick.look(EVA, taken=quick.end + 1)
    assert quick.refused(EVA) == ((EVA, Refusal.LOOKED_BEFORE_HOLD),)


def test_evidence_from_before_the_end_proves_nothing(quick):
    quick.look(EVA, taken=quick.end - 1)
    assert quick.refused(EVA) == ((EVA, Refusal.LOOKED_BEFORE_END),)


def test_while_the_fault_may_go_on_nothing_is_proven(quick_desk):
    incident = Incident.__new__(Incident)
    incident.desk, incident.case = quick_desk, quick_desk.open_case()
    quick_desk.hold(EVA, case=incident.case)
    quick_desk.align()
    now = quick_desk.now()
    incident.look(EVA, logged_from=now, logged_to=now)
    assert incident.refused(EVA) == ((EVA, Refusal.FAULT_GOES_ON),)


def test_logs_that_do_not_cover_the_fault_prove_nothing(quick):
    quick.look(EVA)
    quick.change(occurred_to=quick.desk.now())  # it lasted longer than was known
    assert quick.refused(EVA) == ((EVA, Refusal.NOT_LOGGED),)


def test_merging_with_a_fault_that_goes_on_takes_the_proof_away(quick):
    quick.look(EVA)
    other = quick.desk.open_case()
    cases.merge_cases(quick.desk.cases, member("anna"), quick.case, other, "", quick.desk.now())
    assert quick.refused(EVA) == ((EVA, Refusal.FAULT_GOES_ON),)


def test_what_another_case_found_wrong_there_counts(quick):
    quick.look(EVA)
    found = cases.Taken("s2", frozenset({EVA}), (finding("a1", EVA),))
    cases.take_findings(
        quick.desk.cases, member("anna"), quick.desk.open_case(), found, quick.desk.now()
    )
    assert quick.refused(EVA) == ((EVA, Refusal.WRONG_THERE),)


def test_a_report_counts_in_whatever_case_it_is(quick):
    quick.look(EVA)
    telling = cases.Telling(EVA, quick.desk.now())
    cases.add_report(
        quick.desk.cases, member("anna"), quick.desk.open_case(), telling, quick.desk.now()
    )
    assert quick.refused(EVA) == ((EVA, Refusal.REPORTED),)


def test_older_evidence_does_not_come_after_newer(quick):
    older = quick.desk.now()
    quick.look(EVA, wrong=1)
    with pytest.raises(cases.Refused) as caught:
        quick.look(EVA, taken=older)
    assert caught.value.refusal.code is cases.Code.OLDER_EVIDENCE
    assert quick.state(EVA) is cases.State.TO_REPAIR


def test_a_look_at_a_part_of_the_time_proves_nothing(quick):
    quick.look(EVA, until=quick.end)
    assert quick.refused(EVA) == ((EVA, Refusal.LOOKED_AT_LESS),)
    began = cases.case_file(member("anna"), quick.case).case.times.occurred_from
    quick.look(FINN, since=began)  # clocks differ: some time before has to be seen, too
    assert quick.refused(FINN) == ((FINN, Refusal.LOOKED_AT_LESS),)
    quick.look(FINN, since=began - cases.SPARE)
    assert quick.release(FINN).done == 1


def test_who_reports_after_the_examination_is_for_a_person(quick):
    quick.look(EVA)
    telling = cases.Telling(EVA, quick.desk.now())
    cases.add_report(quick.desk.cases, member("anna"), quick.case, telling, quick.desk.now())
    assert quick.refused(EVA) == ((EVA, Refusal.REPORTED),)


def test_what_is_no_longer_proven_when_it_runs_is_left_out(quick):
    quick.look(EVA)
    wish = Wish((EVA,), quick.case, "proven clean")
    planned = quick.desk.desk.release_proven(wish, member("anna"), quick.desk.now())
    quick.look(EVA, wrong=1)
    carried = quick.desk.desk.carry(planned.plan.hash, quick.desk.now)
    assert carried.left == ((EVA, Refusal.NOT_CLEARED),)
    assert EVA in quick.held()


def test_a_legal_hold_outlasts_every_proof(quick):
    quick.desk.hold(EVA, case=quick.case, kind=Kind.PRESERVATION, who="ben")
    quick.look(EVA)
    quick.release(EVA)
    assert [one.kind for one in quick.desk.desk.holds_of([EVA])] == [Kind.PRESERVATION]


def test_proof_needs_the_same_role_as_any_release(quick):
    quick.look(EVA)
    with pytest.raises(NotAllowed):
        quick.release(EVA, who="bram")


def test_time_releases_who_is_proven_and_recalls_the_rest(incident):
    incident.look(EVA)
    incident.desk.align(DAY - 600)
    assert incident.held() == [EVA, FINN]
    incident.desk.align(1_200)
    assert incident.held() == [FINN]
    recalled = [
        (one.actor, dict(one.values))
        for one in cases.case_file(member("anna"), incident.case).timeline
        if one.act == "holds.recalled"
    ]
    assert recalled == [("postwarden", {"count": 1, "hours": 24})]
    incident.desk.align(DAY)
    assert incident.desk.acts().count("holds.recalled") == 2
    assert incident.held() == [FINN]


def test_nothing_is_recalled_once_everybody_is_released(quick):
    for account in (EVA, FINN):
        quick.look(account)
    quick.release(EVA, FINN)
    quick.desk.align(2 * DAY)
    assert "holds.recalled" not in quick.desk.acts()
