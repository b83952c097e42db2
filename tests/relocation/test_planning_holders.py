"""Holders of wrong copies to whom the same message was meant to come by another of its recipients."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from postwarden.relocation.drafting.service import Candidate, Surroundings, Wish, plan
from postwarden.relocation.ports import Wanted
from postwarden.relocation.rules import Why
from postwarden.verdicts.service import Finding, Verdict

ACCOUNTS = CARL, DORA, EVA, ZOE = tuple(
    f"{name}@example.test" for name in ("carl", "dora", "eva", "zoe")
)
AROUND = Surroundings(frozenset(), dict.fromkeys(ACCOUNTS, "main"), {"main": "maildir"})


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


def test_a_holder_whose_own_is_gone_shares_the_only_copy_with_whom_it_was_meant_for():
    found = told(wrong("a", CARL, EVA), wrong("b", DORA, CARL, gone=True))
    assert found["a"].why is None
    assert [goal.account for goal in found["a"].goals] == [EVA, CARL]
    assert found["b"].why is Why.NOT_STORED


def test_a_holder_whose_own_is_gone_keeps_one_that_nobody_else_needs():
    found = told(wrong("a", CARL, EVA, held=[EVA]), wrong("b", DORA, CARL, gone=True))
    assert (found["a"].why, found["a"].goals, found["a"].kept) == (Why.HOLDERS_TOO, (), (EVA,))


def test_one_line_off_takes_each_copy_to_the_one_it_was_meant_for():
    found = told(wrong("a", CARL, EVA), wrong("b", DORA, CARL))
    assert {one.why for one in found.values()} == {None}
    goals = {name: [goal.account for goal in one.goals] for name, one in found.items()}
    assert goals == {"a": [EVA], "b": [CARL]}


def test_two_messages_with_one_message_id_are_two():
    other = wrong("b", DORA, CARL)
    forged = replace(other, copy=other.copy._replace(header_hash="other"))
    found = told(wrong("a", CARL, DORA), forged)
    assert {one.why for one in found.values()} == {None}
    found = told(wrong("a", CARL, DORA), replace(other, body="other"))
    assert {one.why for one in found.values()} == {None}
    assert told(wrong("a", CARL, DORA), other)["a"].why is Why.HOLDERS_TOO


def test_a_gone_copy_counts_for_its_own_queue_file_alone():
    gone = wrong("b", DORA, CARL, gone=True)
    other = replace(gone, finding=replace(gone.finding, queue_id="4other"))
    found = told(wrong("a", CARL, EVA), other)
    assert [goal.account for goal in found["a"].goals] == [EVA]


def _placements():
    """Give each way in which the copies of one message to two or three can lie among four accounts."""
    accounts = [*ACCOUNTS, None]
    for many in (2, 3):
        yield from (
            dict(zip(ACCOUNTS, where, strict=False)) for where in product(accounts, repeat=many)
        )


def _after(candidates, where):
    """Carry the plan out as the engine does, each account gets a message once; give who holds how many."""
    holding = Counter(holder for holder in where.values() if holder)
    claims = set()
    for one in plan(candidates, AROUND, Wish()):
        if one.why is None:
            holding[one.copy.account] -= 1
            claims |= {goal.account for goal in one.goals}
    holding.update(claims)
    return {account: many for account, many in holding.items() if many}


@pytest.mark.parametrize("where", list(_placements()))
def test_wherever_copies_lie_everybody_rightful_has_one_and_nobody_else_any(where):
    strays = [
        wrong(name, holder or ZOE, name, gone=holder is None)
        for name, holder in where.items()
        if holder != name
    ]
    held = _after(strays, where)
    known = {one for one in where if where[one] is not None or one in where.values()}
    assert held == dict.fromkeys(known, 1)


@pytest.mark.parametrize("where", list(_placements()))
def test_where_each_copy_is_known_to_be_for_all_everybody_gets_the_lost_ones_too(where):
    if any(holder in where and holder != name for name, holder in where.items()):
        return  # a copy that one of them holds is no wrong one
    lacking = {name for name, holder in where.items() if holder != name}
    strays = [
        wrong(name, where[name] or ZOE, *where, gone=where[name] is None, held={*where} - lacking)
        for name in lacking
    ]
    held = _after(strays, where)
    stored = any(holder is not None and holder != name for name, holder in where.items())
    assert held == dict.fromkeys(where if stored else {*where} - lacking, 1)


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
