from dataclasses import replace
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from postwarden.sources.service import GapRecord, SpanRecord
from postwarden.verdicts.service import (
    Background,
    Exposure,
    Finding,
    NextAct,
    Reason,
    Verdict,
    summarise,
    weightiest,
)
from postwarden.verdicts.summary import WEIGHT
from postwarden.verdicts.timeline import MAX_BUCKETS, timeline
from postwarden.vocabulary import from_rfc3339

ZONE = ZoneInfo("Europe/Amsterdam")
START = from_rfc3339("2026-11-20T00:00:00+01:00")
MINUTE = 60 * 1_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
BACKGROUND = Background("Example Mail", "one", "a test", START)
COPY = Finding(
    id="1",
    store="store1",
    account="bob@example.net",
    folder="INBOX",
    file="cur/1",
    message_id="<1@sender.test>",
    verdict=Verdict.MISDELIVERED,
    rightful=("anna@example.net",),
    original_recipients=("contact@example.net",),
    queue_id="4F1",
    accepted_at=START,
    delivered_at=START,
    has_rightful_copy=False,
    reasons=(Reason("directory-leads-elsewhere"),),
)
UNSEEN = Exposure(False, False, False, False, False, False, False)
THREE = st.sampled_from([True, False, None])
PEOPLE = st.sampled_from(["anna@example.net", "bob@example.net", "carla@example.net"])
FINDINGS = st.lists(
    st.builds(
        Finding,
        id=st.uuids().map(str),
        store=st.just("store1"),
        account=PEOPLE,
        folder=st.just("INBOX"),
        file=st.just("cur/1"),
        message_id=st.sampled_from([None, "<1@sender.test>", "<2@sender.test>"]),
        verdict=st.sampled_from(list(Verdict)),
        rightful=st.lists(PEOPLE, max_size=2, unique=True).map(sorted).map(tuple),
        original_recipients=st.sampled_from([(), ("contact@example.net",), ("jobs@example.net",)]),
        queue_id=st.sampled_from([None, "4F1"]),
        accepted_at=st.just(START),
        delivered_at=st.none() | st.integers(START, START + 3 * DAY),
        has_rightful_copy=THREE,
        exposure=st.builds(Exposure, THREE, THREE, THREE, THREE, THREE, THREE, THREE),
        second_hand=st.booleans(),
        gone=st.booleans(),
        reasons=st.lists(st.sampled_from(WEIGHT).map(Reason), max_size=3).map(tuple),
    ),
    max_size=25,
)


def drawn(*findings, **background):
    return summarise(findings, replace(BACKGROUND, **background), ZONE)


@given(FINDINGS)
def test_every_figure_adds_up(findings):
    summary = drawn(*findings)
    wrong = [f for f in findings if f.wrong]
    assert sum(summary.counts.values()) == len(findings)
    assert summary.wrong == len(wrong)
    assert sum(holder.wrong for holder in summary.holders) == len(wrong)
    assert sum(flow.copies for flow in summary.flows) == summary.counts[Verdict.MISDELIVERED]
    assert sum(n for _, n in summary.unexplained) == summary.counts[Verdict.UNEXPLAINED]
    dated = sum(bucket.wrong for bucket in summary.timeline.buckets)
    assert dated + summary.timeline.undated == len(wrong)
    for counted in (summary.opened, *(h.opened for h in summary.holders)):
        assert min(counted.yes, counted.no, counted.unknown) >= 0
    opened = summary.opened
    assert opened.yes + opened.no + opened.unknown == len(wrong)
    assert summary.lacking <= summary.messages <= summary.wrong
    assert summary.lacking >= max((o.lacks + o.may_lack for o in summary.owners), default=0)
    for owner in summary.owners:
        assert owner.lacks + owner.may_lack <= owner.messages <= owner.elsewhere


@given(FINDINGS, st.randoms(use_true_random=False))
def test_the_order_of_findings_changes_nothing(findings, random):
    shuffled = findings[:]
    random.shuffle(shuffled)
    assert drawn(*findings) == drawn(*shuffled)


@given(FINDINGS)
def test_an_account_with_nothing_to_do_lost_nothing_and_was_seen_by_nobody(findings):
    for owner in drawn(*findings).owners:
        if owner.next == (NextAct.NOTHING,):
            assert owner.lacks == owner.may_lack == owner.opened.yes == owner.opened.unknown == 0
        else:
            assert NextAct.NOTHING not in owner.next


@given(FINDINGS)
def test_a_mailbox_is_held_exactly_while_wrong_copies_lie_in_it(findings):
    for holder in drawn(*findings).holders:
        assert (NextAct.HOLD in holder.next) is (holder.gone < holder.wrong)
        assert holder.next[-1] is NextAct.TELL


def test_one_message_in_two_wrong_mailboxes_is_lacked_once():
    twice = [COPY, replace(COPY, id="2", account="carla@example.net")]
    summary = drawn(*twice)
    assert (summary.wrong, summary.messages, len(summary.holders)) == (2, 1, 2)
    (anna,) = summary.owners
    assert (anna.elsewhere, anna.messages, anna.lacks) == (2, 1, 1)
    assert anna.next == (NextAct.DELIVER, NextAct.TELL)
    assert summary.accounts == 3


def test_with_several_owners_nobody_knows_who_lacks_it():
    shared = replace(COPY, rightful=("anna@example.net", "carla@example.net"))
    for owner in drawn(shared).owners:
        assert (owner.lacks, owner.may_lack) == (0, 1)
        assert owner.next == (NextAct.CHECK, NextAct.TELL)


def test_an_owner_with_own_copies_whose_strangers_saw_nothing_needs_nothing():
    safe = replace(COPY, has_rightful_copy=True, exposure=UNSEEN)
    assert drawn(safe).owners[0].next == (NextAct.NOTHING,)
    listed = replace(safe, exposure=replace(UNSEEN, listed=None))
    assert drawn(listed).owners[0].next == (NextAct.TELL,)


def test_copies_that_left_the_mailbox_are_followed():
    away = replace(COPY, exposure=replace(UNSEEN, forwarded=True))
    assert drawn(away).holders[0].next == (NextAct.HOLD, NextAct.FOLLOW, NextAct.TELL)
    assert drawn(replace(away, gone=True)).holders[0].next == (NextAct.FOLLOW, NextAct.TELL)


def test_crossed_copies_went_the_right_way_and_are_no_flow():
    crossed = replace(COPY, verdict=Verdict.CROSSED, rightful=(), has_rightful_copy=None)
    summary = drawn(crossed)
    assert summary.flows == ()
    assert summary.holders[0].crossed == 1


def test_unexplained_copies_are_counted_by_the_reason_that_says_most():
    reasons = (Reason("no-delivery-proof"), Reason("gap"))
    assert weightiest(replace(COPY, reasons=reasons)) == "gap"
    assert weightiest(replace(COPY, reasons=(Reason("new-code"),))) == "new-code"
    assert weightiest(replace(COPY, reasons=())) == "no-delivery-proof"


def test_what_cannot_be_known_is_named_and_counted():
    gap = GapRecord("dovecot", "mx1", START, START + HOUR, "rotation", "log/dovecot.log", 1)
    span = SpanRecord("dovecot", "mx1", "log/dovecot.log", START, START + DAY, 10, 9)
    summary = drawn(
        COPY,
        replace(COPY, id="2", rightful=(), delivered_at=None, has_rightful_copy=None),
        replace(COPY, id="3", verdict=Verdict.UNEXPLAINED),
        gaps=(gap,),
        spans=(span,),
        problems={"loop": 2},
    )
    assert dict(summary.cannot_know) == {
        "opened": 2,
        "listed": 2,
        "left": 2,
        "owner": 1,
        "time": 1,
        "unexplained": 1,
        "gaps": 1,
        "no-log-postfix": 1,
        "no-log-dovecot-events": 1,
        "problems": 2,
    }
    dovecot = summary.logs[1]
    assert (dovecot.files, dovecot.lines, dovecot.understood, dovecot.gaps) == (1, 10, 9, (gap,))


@given(
    st.dictionaries(st.integers(0, 2**53), st.integers(1, 9), max_size=20),
    st.lists(st.none() | st.integers(-(2**62), 2**62), max_size=10),
)
def test_a_timeline_is_never_longer_than_a_picture_and_loses_no_copy(right, wrong):
    line = timeline(right, wrong, ZONE)
    assert len(line.buckets) <= MAX_BUCKETS + 1
    assert sum(b.right for b in line.buckets) + line.outside == sum(right.values())
    assert sum(b.wrong for b in line.buckets) + line.undated == len(wrong)
    assert line.size % MINUTE == 0
    starts = [bucket.start for bucket in line.buckets]
    assert starts == list(range(line.since, line.until, line.size))


def test_the_timeline_shows_the_fault_with_as_much_before_and_after():
    right = {START + n * MINUTE: 1 for n in range(0, 10 * 24 * 60, 10)}
    wrong = [START + 5 * DAY, START + 5 * DAY + 4 * HOUR]
    line = timeline(right, wrong, ZONE)
    assert line.since == START + 5 * DAY - 2 * HOUR
    assert line.until == START + 5 * DAY + 6 * HOUR + line.size
    assert line.size == 10 * MINUTE


def test_a_single_wrong_copy_stands_in_some_time_of_its_own():
    line = timeline({}, [START], ZONE)
    assert (line.since, line.until) == (START - 10 * MINUTE, START + 11 * MINUTE)


def test_days_begin_at_the_providers_midnight():
    line = timeline({START + n * DAY: 1 for n in range(80)}, [], ZONE)
    assert line.size == DAY
    assert line.since == START


def test_without_anything_wrong_the_question_bounds_the_timeline():
    right = {START + n * HOUR: 1 for n in range(48)}
    line = timeline(right, [], ZONE, (START + 12 * HOUR, START + 18 * HOUR))
    assert (line.since, line.outside) == (START + 12 * HOUR, 41)
    assert timeline(right, [], ZONE, (START + 100 * DAY, None)).outside == 0


def test_those_left_out_are_counted_by_message_and_account_and_are_nothing_wrong():
    right = replace(COPY, verdict=Verdict.RIGHTFUL, account="anna@example.net")
    left = replace(right, lacking=("bob@example.net", "carla@example.net"))
    other = replace(left, id="2", message_id="<2@sender.test>", lacking=("bob@example.net",))
    summary = summarise([right, left, other], BACKGROUND, ZONE)
    assert summary.left_out == (2, 2)
    assert (summary.wrong, summary.owners, summary.lacking) == (0, (), 0)
