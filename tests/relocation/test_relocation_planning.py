"""What a plan says of each copy that was found, and why it leaves those that it leaves."""

from dataclasses import replace

import pytest

from postwarden.relocation.accounting import Seen
from postwarden.relocation.acts import Goal
from postwarden.relocation.drafting.service import Candidate, Surroundings, Wish, count, plan
from postwarden.relocation.ports import Wanted
from postwarden.relocation.rules import Why
from postwarden.verdicts.service import Finding, Verdict

BOB, EVE, FINN = (f"{name}@example.net" for name in ("bob", "eve", "finn"))
FINDING = Finding(
    id="f",
    store="one",
    account=BOB,
    folder="INBOX",
    file="new/1",
    message_id="<1@shop.example>",
    verdict=Verdict.MISDELIVERED,
    rightful=(EVE, FINN),
    original_recipients=("info@example.net",),
    queue_id="4Q1",
    accepted_at=None,
    delivered_at=None,
    lacking=(EVE, FINN),
)
COPY = Wanted("f", BOB, "INBOX", "new/1", "g", None, "h")
CANDIDATE = Candidate(FINDING, COPY, 10)
AROUND = Surroundings(
    frozenset(), {EVE: "one", FINN: "two"}, {"one": "maildir", "two": "dovecot b"}
)
SEEN = Seen("snapshot", "m", None, None)


def planned(candidate=CANDIDATE, around=AROUND, wish=None):
    (repair,) = plan([candidate], around, wish or Wish())
    return repair


def finding(**changed):
    return replace(CANDIDATE, finding=replace(FINDING, **changed))


def test_a_wrong_copy_goes_to_everybody_it_was_meant_for():
    repair = planned(wish=Wish("Found", clean=True))
    assert repair.why is None
    assert repair.goals == (Goal(EVE, "one"), Goal(FINN, "two"))
    assert (repair.copy, repair.store, repair.size, repair.kept) == (COPY, "one", 10, ())
    assert (repair.folder, repair.clean) == ("Found", True)
    assert (repair.message, repair.queue) == ("<1@shop.example>", "4Q1")
    assert repair.ways == (("one", "maildir"), ("two", "dovecot b"))


def test_what_just_fits_is_delivered():
    assert planned(around=replace(AROUND, left={FINN: 10})).why is None


@pytest.mark.parametrize(
    "candidate", [replace(CANDIDATE, held=frozenset({EVE})), finding(lacking=(FINN,))]
)
def test_who_has_or_ever_had_their_own_gets_none(candidate):
    repair = planned(candidate)
    assert repair.goals == (Goal(FINN, "two"),)
    assert repair.kept == (EVE,)


def test_where_nobody_lacks_it_it_is_only_removed():
    repair = planned(finding(lacking=()))
    assert (repair.why, repair.goals, repair.kept) == (None, (), (EVE, FINN))


@pytest.mark.parametrize(
    ("candidate", "around", "why"),
    [
        (finding(verdict=Verdict.CROSSED), AROUND, Why.CROSSED),
        (finding(verdict=Verdict.UNEXPLAINED), AROUND, Why.UNEXPLAINED),
        (replace(CANDIDATE, copy=None), AROUND, Why.NOT_STORED),
        (replace(CANDIDATE, undecided=True), AROUND, Why.UNDECIDED),
        (CANDIDATE, replace(AROUND, preserved=frozenset({BOB})), Why.PRESERVED),
        (replace(CANDIDATE, state="encrypted"), AROUND, Why.ENCRYPTED),
        (replace(CANDIDATE, state="vanished"), AROUND, Why.UNREADABLE),
        (replace(CANDIDATE, flags="RS"), AROUND, Why.ANSWERED),
        (finding(rightful=(), lacking=()), AROUND, Why.NOBODY),
        (CANDIDATE, replace(AROUND, stores={EVE: "one"}), Why.NO_MAILBOX),
        (
            CANDIDATE,
            replace(AROUND, stores={EVE: "one"}, several=frozenset({FINN})),
            Why.SEVERAL_MAILBOXES,
        ),
        (CANDIDATE, replace(AROUND, routes={"one": "maildir"}), Why.NO_ROUTE),
        (CANDIDATE, replace(AROUND, left={FINN: 9}), Why.OVER_QUOTA),
        (finding(store="three"), AROUND, Why.NO_ROUTE),
        (finding(store="three", lacking=()), AROUND, Why.NO_ROUTE),
    ],
)
def test_what_is_left_has_its_reason_and_goes_to_nobody(candidate, around, why):
    repair = planned(candidate, around)
    assert (repair.why, repair.goals) == (why, ())


def test_an_answered_copy_goes_where_somebody_wants_that():
    assert planned(replace(CANDIDATE, flags="RS"), wish=Wish(answered=True)).why is None


def test_the_preservation_of_those_it_is_meant_for_keeps_nothing_from_them():
    assert planned(around=replace(AROUND, preserved=frozenset({EVE, FINN}))).why is None


def test_equal_findings_give_equal_plans_in_the_order_of_holders():
    other = replace(finding(id="z", account="al@example.net"), copy=COPY._replace(id="z"))
    ordered = plan([CANDIDATE, other], AROUND, Wish())
    assert plan([other, CANDIDATE], AROUND, Wish()) == ordered
    assert [one.copy.id for one in ordered] == ["z", "f"]


def test_each_copy_that_was_seen_is_counted_once():
    right = replace(FINDING, id="r", verdict=Verdict.RIGHTFUL, lacking=())
    own = replace(FINDING, id="o", verdict=Verdict.OWN)
    gone = replace(FINDING, id="g", settled=True)
    counted = count(SEEN, [right, FINDING, gone, own], [planned()])
    assert (counted.right, counted.settled, counted.planned) == (("o", "r"), ("g",), ("f",))


@pytest.mark.parametrize(
    ("findings", "times"),
    [
        ([FINDING], 0),
        ([FINDING], 2),
        ([replace(FINDING, verdict=Verdict.RIGHTFUL, lacking=())], 1),
        ([replace(FINDING, settled=True)], 1),
    ],
)
def test_a_copy_that_is_not_counted_once_is_no_sum(findings, times):
    with pytest.raises(ValueError, match="not accounted for once"):
        count(SEEN, findings, [planned()] * times)
