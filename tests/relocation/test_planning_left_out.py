"""Those whom a wrong map left out get the message once, from a wrong copy or from a right one that stays."""

from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from postwarden.custody.service import Kind
from postwarden.relocation.accounting import Seen
from postwarden.relocation.acts import Goal, act_of
from postwarden.relocation.drafting.service import Candidate, Surroundings, Wish, count, plan
from postwarden.relocation.ports import Wanted
from postwarden.relocation.rules import Why
from postwarden.verdicts.service import Finding, Verdict

GROUP = CARL, DORA, EVA = tuple(f"{name}@example.test" for name in ("carl", "dora", "eva"))
STRANGERS = ABE, ZOE = "abe@example.test", "zoe@example.test"
AROUND = Surroundings(frozenset(), dict.fromkeys(GROUP, "main"), {"main": "maildir"})


def copy(holder, lacking, **said):
    right = holder in GROUP
    finding = Finding(
        id=holder[:2],
        store="main",
        account=holder,
        folder="INBOX",
        file=f"cur/{holder}",
        message_id="<m@shop.test>",
        verdict=Verdict.RIGHTFUL if right else Verdict.MISDELIVERED,
        rightful=GROUP,
        original_recipients=("team@example.test",),
        queue_id="4abc",
        accepted_at=0,
        delivered_at=0,
        lacking=tuple(lacking),
    )
    stored = Wanted(finding.id, holder, "INBOX", f"cur/{holder}", holder, 1, "h")
    return Candidate(finding, stored, 100, **said)


def told(*candidates, around=AROUND):
    return {one.copy.account: one for one in plan(candidates, around, Wish())}


def test_who_was_left_out_gets_it_from_a_copy_that_stays():
    (repair,) = told(copy(CARL, [DORA, EVA])).values()
    assert (repair.why, repair.stays, repair.kept) == (None, True, (CARL,))
    assert repair.goals == (Goal(DORA, "main"), Goal(EVA, "main"))
    assert act_of(repair).kind is Kind.DELIVER


def test_a_wrong_copy_that_goes_to_them_leaves_nothing_to_say_of_the_right_one():
    found = told(copy(CARL, [DORA]), copy(ZOE, [DORA]))
    assert list(found) == [ZOE]
    assert found[ZOE].goals == (Goal(DORA, "main"),)


@pytest.mark.parametrize("stranger", STRANGERS)
def test_where_the_wrong_copy_is_left_they_get_it_from_the_right_one(stranger):
    """Whichever of the two holders is decided about first."""
    around = replace(AROUND, preserved=frozenset(STRANGERS))
    found = told(copy(CARL, [DORA]), copy(stranger, [DORA]), around=around)
    assert (found[stranger].why, found[stranger].goals) == (Why.PRESERVED, ())
    assert (found[CARL].why, found[CARL].goals) == (None, (Goal(DORA, "main"),))


@pytest.mark.parametrize(
    ("said", "around", "why"),
    [
        ({}, replace(AROUND, preserved=frozenset({CARL})), None),
        ({"flags": "RS"}, AROUND, None),
        ({"state": "encrypted"}, AROUND, Why.ENCRYPTED),
        ({"undecided": True}, AROUND, Why.UNDECIDED),
        ({}, replace(AROUND, stores={}), Why.NO_MAILBOX),
        ({}, replace(AROUND, left={DORA: 99}), Why.OVER_QUOTA),
    ],
)
def test_what_the_holder_may_not_lose_is_no_reason_for_what_stays(said, around, why):
    (repair,) = told(copy(CARL, [DORA], **said), around=around).values()
    assert repair.why is why


def test_a_copy_that_says_nothing_more_counts_as_right_and_every_copy_once():
    some = [copy(CARL, [DORA]), copy(ZOE, [DORA])]
    seen = Seen("snapshot", "m", None, None)
    both = count(seen, [one.finding for one in some], plan(some, AROUND, Wish()))
    assert (both.right, both.planned) == (("ca",), ("zo",))
    alone = count(seen, [some[0].finding], plan(some[:1], AROUND, Wish()))
    assert (alone.right, alone.planned) == ((), ("ca",))


@pytest.mark.parametrize("have", list(product((True, False), repeat=3)))
@pytest.mark.parametrize("strangers", [(), (ABE,), (ZOE,), STRANGERS])
@pytest.mark.parametrize("left", [(), (ABE,), STRANGERS])
def test_wherever_copies_lie_the_group_has_one_each_and_no_stranger_keeps_what_may_go(
    have, strangers, left
):
    holders = [name for name, has in zip(GROUP, have, strict=True) if has]
    lacking = [name for name in GROUP if name not in holders]
    some = [copy(one, lacking) for one in (*holders[:1], *strangers)]
    around = replace(AROUND, preserved=frozenset(left))
    holding = Counter([*holders, *strangers])
    for one in plan(some, around, Wish()):
        holding[one.copy.account] -= one.why is None and not one.stays
        holding.update(goal.account for goal in one.goals)
    taken = {*strangers} - {*left}
    found = holders or taken
    once = [min(holding[name], 1) for name in GROUP]  # by two wrong copies: the engine's claims
    assert once == [int(bool(found))] * 3 or not found
    assert not any(holding[name] for name in taken)
    if len(taken) < 2:
        assert all(holding[name] == int(bool(found)) for name in lacking)
