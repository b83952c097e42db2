"""Holds of a case that is restricted to others: what is done for them does not tell of it."""

from dataclasses import replace

import pytest

from people.conftest import Records
from postwarden.cases import service as cases
from postwarden.cli.desk.hold import _only_case
from postwarden.custody.models import PlanRow
from postwarden.custody.service import NoSuchPlan, Refusal, Refused
from postwarden.holds.service import HoldContribution, Kind, NothingToDo, Wish
from postwarden.people.service import EVERYWHERE, Grant, Role, add, member

EVA, FINN = "eva@example.net", "finn@example.net"


@pytest.fixture
def desk(quick_desk, dovecot):
    """A restricted case that holds EVA, who is logged in and has a script; FINN is mistyped."""
    add("olga", "Olga", [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), quick_desk.now())
    quick_desk.case = quick_desk.open_case()
    dovecot.live, dovecot.boxes, dovecot.strange = {EVA: 2}, {EVA: ({"main"}, "main")}, {FINN}
    quick_desk.hold(EVA, FINN, case=quick_desk.case)
    names = [member("ben"), quick_desk.case, ["ben"], "a colleague", quick_desk.now()]
    cases.restrict_case(quick_desk.cases, *names)
    return quick_desk


def test_entries_of_what_is_live_are_of_the_case(desk):
    desk.align()
    acts = ("hold.sessions-ending", "hold.sessions-seen", "hold.filters-suspended")
    wanted = {*acts, "hold.account-unknown"}
    told = [one for one in desk.ledger.entries() if one.act in wanted]
    assert {one.act for one in told} == wanted
    assert {one.case for one in told} == {desk.case}
    for who, there in (("olga", False), ("ben", True)):
        seen = cases.entries(desk.cases, member(who), cases.Search()).rows
        assert (not wanted.isdisjoint(one.act for one in seen)) is there
        looked = cases.picture(desk.cases, member(who), EVA, desk.now()).looked
        assert (not wanted.isdisjoint(one.act for one in looked)) is there


def test_entries_are_of_the_case_that_the_hold_belongs_to(quick_desk, dovecot):
    case = quick_desk.open_case()
    actor = member("anna")
    cases.suspect(quick_desk.cases, actor, case, [EVA, FINN], "seen", quick_desk.now())
    dovecot.live = {EVA: 1, FINN: 1}
    quick_desk.hold(EVA, FINN, case=case)
    choice = cases.Choice((EVA,))
    desk = replace(quick_desk.cases, contributions=(HoldContribution(quick_desk.ledger),))
    new = cases.split_case(desk, actor, case, choice, "part", "apart", quick_desk.now()).reference
    quick_desk.align()
    told = {
        one.facts["person"]: one.case
        for one in quick_desk.ledger.entries()
        if one.act == "hold.sessions-ending"
    }
    assert told == {EVA: new, FINN: case}


def test_what_the_worker_could_not_do_for_it_is_not_told(desk, dovecot):
    dovecot.fail = 5
    desk.align()
    assert [one for one in desk.desk.pending(member("ben")) if one.trouble]
    assert desk.desk.pending(member("olga")) == []


def test_who_does_not_know_of_it_holds_and_releases_nothing_in_it(desk):
    wish = Wish((EVA,), desk.case, "mine")
    olga = member("olga")
    for act in (desk.desk.hold, desk.desk.release, desk.desk.release_proven):
        with pytest.raises(cases.NoSuchCase):
            act(wish, olga, desk.now())
    before = len(desk.acts())
    named = _only_case(desk.desk, member("anna"), [EVA], Kind.LOGIN)
    with pytest.raises(NothingToDo):
        desk.desk.release(Wish((EVA,), named, "mine"), member("anna"), desk.now())
    assert len(desk.acts()) == before
    assert _only_case(desk.desk, member("ben"), [EVA], Kind.LOGIN) == desk.case


def test_an_approval_of_who_was_taken_out_does_not_stand(desk, quick_key):
    now, ben, dora = desk.now(), member("ben"), "dora"
    add(dora, "Dora", [Grant(Role.OFFICER, EVERYWHERE)], "anna", Records(), now)
    cases.let_in(desk.cases, ben, desk.case, dora, "a deputy", now)
    cases.let_in(desk.cases, ben, desk.case, "anna", "she repairs", now)
    wish = Wish((EVA,), desk.case, "clean")
    plan = desk.desk.release(wish, member("anna"), desk.now()).plan
    desk.approve(plan, quick_key)
    standing = desk.desk.plans.standing(desk.desk.plans.get(plan.hash))
    assert standing.lapsed(desk.now()) is None
    cases.take_out(desk.cases, member(dora), desk.case, "ben", "done", desk.now())
    assert standing.lapsed(desk.now()) is Refusal.APPROVER_GONE
    cases.unrestrict_case(desk.cases, member(dora), desk.case, "nothing found", desk.now())
    assert standing.lapsed(desk.now()) is None


def test_plans_of_it_are_not_told_apart_from_none(desk):
    plan = desk.desk.plans.of_case(desk.case)[0]
    PlanRow.objects.filter(hash=plan.hash).update(text="{}")
    with pytest.raises(NoSuchPlan, match="no plan begins so"):
        desk.desk.plans.shown(plan.hash, member("olga"))
    with pytest.raises(Refused):
        desk.desk.plans.shown(plan.hash, member("ben"))
