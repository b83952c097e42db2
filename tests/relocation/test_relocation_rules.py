"""The pure parts: what becomes of copies and deliveries, plans as acts, clean copies, and the sum of all."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as some

from postwarden.custody.service import Act, Kind
from postwarden.relocation.accounting import Counted, Seen, digest_of
from postwarden.relocation.acts import Goal, Repair, act_of, repair_of
from postwarden.relocation.cleaning import cleaned
from postwarden.relocation.content import canonical, content_hash
from postwarden.relocation.owning import hint_of, message_of
from postwarden.relocation.ports import Absence, Room, Wanted, Where
from postwarden.relocation.rules import (
    Outcome,
    Sent,
    Why,
    after_settling,
    by_another,
    may_remove,
    unfit,
    when_absent,
    when_removed,
)
from relocation.maildirs import letter

BOB = "bob@example.net"
DONE = (Sent.ARRIVED, Sent.TAKEN, Sent.HAD)
NOT_DONE = tuple(set(Sent) - set(DONE))
GONE, CHANGED = Absence.GONE, Absence.CHANGED


@pytest.mark.parametrize(
    ("goals", "preserved", "why"),
    [
        ([], False, None),
        ([], True, Why.PRESERVED),
        ([Room(exists=False)], True, Why.PRESERVED),
        ([Room(exists=False)], False, Why.NO_MAILBOX),
        ([Room(exists=True), Room(exists=False)], False, Why.NO_MAILBOX),
        ([Room(exists=True)], False, None),
        ([Room(exists=True, bytes_left=10)], False, None),
        ([Room(exists=True, bytes_left=9)], False, Why.OVER_QUOTA),
        ([Room(exists=True), Room(exists=True, bytes_left=0)], False, Why.OVER_QUOTA),
    ],
)
def test_what_no_longer_fits_is_left(goals, preserved, why):
    assert unfit(10, goals, preserved=preserved) is why


@pytest.mark.parametrize(
    ("other", "sent"),
    [
        (None, Sent.DUE),
        (Sent.DUE, Sent.DUE),
        (Sent.UNDER_WAY, Sent.DUE),
        (Sent.UNCLEAR, Sent.DOUBTED),
        *((one, Sent.HAD) for one in DONE),
    ],
)
def test_another_copys_delivery_counts_for_this_one(other, sent):
    assert by_another(other) is sent


@pytest.mark.parametrize("not_done", NOT_DONE)
def test_the_source_goes_only_once_everybody_has_theirs(not_done):
    assert may_remove([])
    assert may_remove(DONE)
    assert not may_remove([not_done])
    assert not may_remove([*DONE, not_done])


@pytest.mark.parametrize(
    ("absence", "sent", "settled", "outcome"),
    [
        (GONE, [], False, (Outcome.HOLDER_DELETED, None)),
        (GONE, [Sent.HAD], False, (Outcome.HOLDER_DELETED, None)),
        (GONE, [Sent.DUE], False, (Outcome.NEEDS_PERSON, Why.SOURCE_GONE)),
        (GONE, [Sent.HAD, Sent.DUE], True, (Outcome.NEEDS_PERSON, Why.SOURCE_GONE)),
        (GONE, [Sent.HAD], True, (Outcome.LEFT, Why.SETTLED)),
        (GONE, [], True, (Outcome.LEFT, Why.SETTLED)),
        (CHANGED, [], False, (Outcome.HOLDER_CHANGED, Why.SOURCE_CHANGED)),
        (CHANGED, [Sent.DUE], False, (Outcome.NEEDS_PERSON, Why.SOURCE_CHANGED)),
        (Absence.NO_ACCOUNT, [Sent.DUE], False, (Outcome.LEFT, Why.NO_MAILBOX)),
        (Absence.UNREADABLE, [Sent.DUE], False, (Outcome.LEFT, Why.UNREADABLE)),
    ],
)
def test_a_copy_that_is_not_there(absence, sent, settled, outcome):
    assert when_absent(absence, sent, settled=settled) == outcome


@pytest.mark.parametrize(
    ("absence", "sent", "outcome"),
    [
        (None, [Sent.ARRIVED], (Outcome.RELOCATED, None)),
        (None, [], (Outcome.REMOVED, None)),
        (GONE, [Sent.HAD], (Outcome.RELOCATED, None)),
        (GONE, [], (Outcome.REMOVED, None)),
        (CHANGED, [Sent.ARRIVED], (Outcome.HOLDER_CHANGED, Why.SOURCE_CHANGED)),
        (Absence.UNREADABLE, [], (Outcome.HOLDER_CHANGED, Why.SOURCE_CHANGED)),
        (Absence.NO_ACCOUNT, [Sent.ARRIVED], (Outcome.NEEDS_PERSON, Why.NO_MAILBOX)),
    ],
)
def test_a_copy_that_was_to_be_removed(absence, sent, outcome):
    assert when_removed(absence, sent) == outcome


def test_where_a_parcel_is_says_how_far_its_delivery_is():
    assert {where: after_settling(where) for where in Where} == {
        Where.STAGED: Sent.UNDER_WAY,
        Where.ARRIVED: Sent.ARRIVED,
        Where.TAKEN: Sent.TAKEN,
        Where.LOST: Sent.DUE,
        Where.UNCLEAR: Sent.UNCLEAR,
    }


TEXT = some.text(max_size=12)
NAMES = some.text(some.characters(codec="utf-8"), min_size=1, max_size=12)
WANTED = some.builds(
    Wanted, NAMES, NAMES, NAMES, NAMES, some.none() | NAMES, some.none() | some.integers(1), TEXT
)
GOALS = some.lists(some.builds(Goal, NAMES, NAMES), min_size=1, max_size=3).map(tuple)
PLAIN = {
    "copy": WANTED,
    "store": NAMES,
    "size": some.integers(0),
    "kept": some.lists(NAMES, max_size=3).map(tuple),
    "message": TEXT,
    "queue": TEXT,
    "ways": some.lists(some.tuples(NAMES, TEXT), max_size=2).map(tuple),
    "twin": some.none(),
}
NOWHERE = {"goals": some.just(()), "folder": some.just("INBOX"), "clean": some.just(False)}
TAKEN = some.builds(
    Repair,
    **PLAIN,
    goals=GOALS,
    folder=NAMES,
    clean=some.booleans(),
    why=some.none(),
    stays=some.booleans(),
)
ELSE = some.builds(Repair, **PLAIN, **NOWHERE, why=some.none() | some.sampled_from(Why))
DOUBLE = some.tuples(some.builds(Repair, **PLAIN, **NOWHERE, why=some.none()), WANTED).map(
    lambda both: both[0]._replace(
        twin=both[1]._replace(account=both[0].copy.account, header_hash=both[0].copy.header_hash)
    )
)


@given(TAKEN | ELSE | DOUBLE)
def test_a_repair_is_an_act_and_back(repair):
    act = act_of(repair)
    assert repair_of(act) == repair
    assert act.subject == repair.copy.account
    assert (act.kind in {Kind.LEAVE, Kind.KEEP}) == (repair.why is not None)
    assert (act.kind is Kind.KEEP) == (repair.why is Why.HOLDERS_TOO)


def test_what_is_no_repair_is_refused():
    with pytest.raises(LookupError):
        repair_of(Act(Kind.HOLD, BOB, ()))
    whole = act_of(
        Repair(Wanted("f", BOB, "INBOX", "new/1", None, None, "h"), "s", 1, (Goal("a", "s"),))
    )
    half = tuple(one for one in whole.details if one[0] != "in")
    with pytest.raises(ValueError, match="zip"):
        repair_of(whole._replace(details=half))
    strange = (*whole.details, ("left", "because"))
    with pytest.raises(ValueError, match="because"):
        repair_of(whole._replace(details=strange))


CLEAN = {
    b"Delivered-To: bob@example.net\r\n": b"",
    b"delivered-to: <BOB@example.net>\r\n": b"",
    b"Delivered-To: eve@example.net\r\n": None,
    b"Received: from a by b for <bob@example.net>; then\r\n": b"Received: from a by b; then\r\n",
    b"Received: from a by b\r\n\tfor <Bob@example.net>; then\r\n": b"Received: from a by b; then\r\n",
    b"Received: from a by b for bobby@example.net; then\r\n": None,
    b"Return-Path: <bob@example.net>\r\n": None,
    b"X-Sieve: bob@example.net\r\n": None,
}
FIELDS = some.lists(some.sampled_from(sorted(CLEAN)), max_size=4)
SENDERS = some.binary(max_size=60).map(lambda one: b"Subject: " + one.replace(b"\r\n", b""))


@given(FIELDS, SENDERS, FIELDS, some.binary(max_size=80))
def test_a_clean_copy_is_the_senders_message_byte_for_byte(trace, sender, below, body):
    own = sender + b"\r\n" + b"".join(below) + b"\r\n" + body
    clean = [one if CLEAN[one] is None else CLEAN[one] for one in trace]
    assert cleaned(b"".join(trace) + own, BOB) == b"".join(clean) + own


def test_what_the_trace_says_of_the_wrong_holder_goes_and_nothing_else():
    stored = canonical(letter(1, astray=BOB))
    told = cleaned(stored, BOB)
    assert b"bob@example.net" not in told
    assert told == stored.replace(b"Delivered-To: bob@example.net\r\n", b"").replace(
        b"\r\n\tfor <bob@example.net>", b""
    )
    assert cleaned(stored, "eve@example.net") == stored


def wanted(header="h"):
    return Wanted("f", BOB, "INBOX", "new/1", None, None, header)


def test_a_message_is_known_by_header_and_body_and_without_a_name_by_its_queue_file():
    named = Repair(wanted(), "s", 1, message="<1@a.example>", queue="4Q1")
    nameless = named._replace(message="")
    letter, other = b"A: b\r\n\r\nbody", b"A: b\r\n\r\nother"
    one = message_of(named, letter, "h")
    assert one == message_of(named._replace(queue="4Q2", store="t"), b"X: y\r\n\r\nbody", "h")
    others = [
        message_of(named, other, "h"),
        message_of(named, letter, "i"),
        message_of(nameless, letter, "h"),
        message_of(nameless._replace(queue="4Q2"), letter, "h"),
    ]
    assert len({one, *others}) == 5
    assert (hint_of(named), hint_of(nameless)) == ("h", "")


def test_what_was_counted_has_the_hash_of_its_lines():
    counted = Counted(Seen("s", "m", None, None), ("c", "a"), (), ("b",))
    lines = "a right\nb planned\nc right\n"
    assert counted.digest == sha256(lines.encode()).hexdigest()
    assert counted.digest == digest_of({"planned": ["b"], "right": ["a", "c"]})


@given(some.binary(max_size=80))
def test_one_message_has_one_hash_however_its_lines_end(stored):
    told = canonical(stored)
    assert canonical(told) == told
    assert content_hash(canonical(told.replace(b"\r\n", b"\n"))) == content_hash(told)


def test_an_address_with_an_extension_is_the_holders_too():
    trace = b"Delivered-To: <Bob+shop@example.net>\r\nReceived: by mx\r\n\tfor <bob+shop@example.net>; now\r\n"
    kept = b"Delivered-To: <bobby@example.net>\r\n"
    assert cleaned(trace + kept + b"A: b\r\n\r\n", "bob@example.net") == (
        b"Received: by mx; now\r\n" + kept + b"A: b\r\n\r\n"
    )
