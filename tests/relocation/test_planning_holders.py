"""Holders of wrong copies to whom the same message was meant to come by another of its recipients."""

from dataclasses import replace

from postwarden.relocation.drafting.planning import Candidate, Surroundings, Wish, plan
from postwarden.relocation.ports import Wanted
from postwarden.relocation.rules import Why
from postwarden.verdicts.service import Finding, Verdict

CARL, DORA, EVA = "carl@example.test", "dora@example.test", "eva@example.test"
AROUND = Surroundings(frozenset(), dict.fromkeys((CARL, DORA, EVA), "main"), frozenset({"main"}))


def wrong(name, holder, *rightful, gone=False, held=(), message="<m@shop.test>"):
    finding = Finding(
        id=name,
        store="main",
        account=holder,
        folder="INBOX",
        file=f"cur/{name}",
        message_id=message,
        verdict=Verdict.MISDELIVERED,
        rightful=rightful,
        original_recipients=(),
        queue_id="4abc",
        accepted_at=0,
        delivered_at=0,
        has_rightful_copy=False,
        lacking=rightful,
        gone=gone,
    )
    copy = Wanted(name, holder, "INBOX", f"cur/{name}", name, 1, "h")
    return Candidate(finding, None if gone else copy, 100, held=frozenset(held))


def told(*candidates):
    return {one.copy.id: one for one in plan(candidates, AROUND, Wish())}


def test_a_holder_keeps_the_only_copy_of_a_message_that_was_meant_for_them_too():
    found = told(wrong("a", CARL, EVA), wrong("b", DORA, CARL, gone=True))
    assert (found["a"].why, found["a"].goals) == (Why.HOLDERS_TOO, ())
    assert found["b"].why is Why.NOT_STORED


def test_of_two_wrong_copies_they_keep_one():
    found = told(wrong("a", CARL, EVA), wrong("b", CARL, EVA), wrong("c", DORA, CARL))
    assert [found[one].why for one in "abc"] == [Why.HOLDERS_TOO, None, None]
    assert [goal.account for goal in found["b"].goals] == [EVA]
    assert (found["c"].goals, found["c"].kept) == ((), (CARL,))


def test_two_who_hold_each_other_s_keep_what_they_have():
    found = told(wrong("a", CARL, DORA), wrong("b", DORA, CARL))
    assert {one.why for one in found.values()} == {Why.HOLDERS_TOO}


def test_who_had_their_own_keeps_no_wrong_one():
    found = told(wrong("a", CARL, EVA), wrong("b", DORA, CARL, held=[CARL]))
    assert found["a"].why is None
    assert found["b"].goals == ()


def test_another_message_is_no_reason_to_keep_one():
    other = wrong("b", DORA, CARL, message="<other@shop.test>")
    assert told(wrong("a", CARL, EVA), other)["a"].why is None
    nameless = replace(wrong("a", CARL, EVA, message=None))
    assert told(nameless, wrong("b", DORA, CARL, message=None))["a"].why is None
