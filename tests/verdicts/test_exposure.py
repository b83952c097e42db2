"""Who has seen a copy: what is recorded, what is excluded, and what nobody can know."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postwarden.sources.service import AccessRecord
from postwarden.verdicts.exposure import Recording, Seen, exposure

NAMES = ("opened", "downloaded", "answered", "forwarded", "copied", "moved", "listed")
WHOLE, NONE = Recording(events=True, log=True), Recording(events=False, log=False)
EVENTS = Recording(events=True, log=False)
SEEN = Seen(100, frozenset({("INBOX", 7)}), "<1@x.test>", folder="INBOX", arrived_in="INBOX")


def act(what, time=200, *, uid=None, message_id=None, folder="INBOX", **more):
    blank = dict.fromkeys(AccessRecord._fields)
    return AccessRecord(
        **blank
        | {"time": time, "host": "mx1", "account": "ann@example.test", "protocol": "imap"}
        | {"what": what, "uid": uid, "message_id": message_id, "folder": folder}
        | {"file": "log/events.log", "line": 1, "session": "s"}
        | more
    )


acts = st.builds(
    act,
    st.sampled_from(
        [
            "login",
            "logout",
            "opened",
            "listed",
            "downloaded",
            "moved",
            "copied",
            "expunged",
            "redirected",
            "flagged",
        ]
    ),
    st.integers(50, 300),
    uid=st.sampled_from((None, 7, 8)),
    message_id=st.sampled_from((None, "<1@x.test>", "<2@x.test>")),
    folder=st.sampled_from(("INBOX", "Archive", None)),
    actor=st.sampled_from((None, None, "migration")),
    bodies=st.sampled_from((None, 0, 2)),
    messages=st.sampled_from((None, 2)),
    protocol=st.sampled_from(("imap", "pop3")),
    session=st.sampled_from(("s", "t", None)),
    source_folder=st.sampled_from((None, "INBOX")),
)
lists_of_acts = st.lists(acts, max_size=6)
seen = st.builds(
    replace,
    st.just(SEEN),
    flags=st.sampled_from(("", "S", "RS", "P")),
    folder=st.sampled_from((None, "INBOX", "Archive")),
    arrived_in=st.sampled_from((None, "INBOX")),
    places=st.sampled_from((frozenset({("INBOX", 7)}), frozenset({("INBOX", None)}))),
)
recordings = st.builds(Recording, events=st.booleans(), log=st.booleans())


def told(found):
    return {name: getattr(found, name) for name in NAMES}


@given(seen, lists_of_acts, recordings)
def test_less_recording_turns_nothing_that_is_not_known_into_a_denial(copy, done, recording):
    known, whole = told(exposure(copy, done, NONE)), told(exposure(copy, done, recording))
    for name in NAMES:
        assert known[name] is not False, name
        if whole[name] is None:
            assert known[name] is None or name == "opened"


@given(seen, lists_of_acts, acts, recordings)
def test_what_was_seen_stays_seen_whatever_else_was_done(copy, done, more, recording):
    before = told(exposure(copy, done, recording))
    after = told(exposure(copy, [*done, more], recording))
    for name in ("opened", "downloaded", "answered", "forwarded", "listed"):
        if before[name]:
            assert after[name] is True, name


@given(seen, lists_of_acts, recordings)
def test_operators_and_what_came_before_are_nobodys_reading(copy, done, recording):
    others = [one._replace(actor="migration") for one in done]
    earlier = [
        one._replace(time=copy.delivered_at - (60_000_001 if one.what == "redirected" else 1))
        for one in done
    ]
    nothing = exposure(copy, [], recording)
    assert exposure(copy, others, recording) == nothing
    assert exposure(copy, earlier, recording) == nothing


def test_an_opening_of_another_uid_is_of_another_message():
    opened = exposure(SEEN, [act("opened", uid=7)], WHOLE)
    assert opened.opened is True
    assert opened.citations
    assert exposure(SEEN, [act("opened", uid=8)], WHOLE).opened is False


def test_an_opening_that_may_have_been_of_this_copy_denies_nothing():
    """The line with its UID in INBOX is lost, and it was moved since."""
    lost = replace(SEEN, places=frozenset({("Archive", 1)}), folder="Archive", arrived_in=None)
    assert exposure(lost, [act("opened", uid=8)], EVENTS).opened is None
    assert exposure(lost, [act("listed", uid=8)], EVENTS).listed is None
    assert exposure(lost, [act("opened", uid=8, folder="Sent")], EVENTS).opened is None
    assert exposure(lost, [], EVENTS).opened is False
    assert exposure(SEEN, [act("opened", uid=8, folder="Sent")], EVENTS).opened is False


def test_a_seen_flag_tells_only_where_events_were_not_recorded():
    flagged = replace(SEEN, flags="S")
    assert exposure(flagged, [], NONE).opened is True
    assert exposure(flagged, [], WHOLE).opened is False
    assert exposure(SEEN, [], NONE).opened is None


def test_flags_of_unknown_origin_deny_nothing():
    assert exposure(SEEN, [], WHOLE).answered is False
    marked = exposure(replace(SEEN, marked=True), [], WHOLE)
    assert (marked.answered, marked.forwarded) == (None, None)
    assert marked.opened is False


def test_what_no_recorded_session_touched_was_touched_in_one_that_is_not_recorded():
    assert exposure(SEEN, [], WHOLE).opened is False
    touched = exposure(replace(SEEN, touched=True), [], WHOLE)
    assert {touched.opened, touched.listed, touched.downloaded, touched.copied} == {None}
    session = [act("login"), act("logout", 210, bodies=0)]
    assert exposure(replace(SEEN, touched=True), session, WHOLE).opened is False


def test_sessions_that_showed_no_body_exclude_an_opening():
    log = Recording(events=False, log=True)
    quiet = [act("login"), act("logout", 210, bodies=0)]
    assert exposure(SEEN, quiet, log).opened is False
    assert exposure(SEEN, [act("login"), act("logout", 210, bodies=3)], log).opened is None
    assert exposure(SEEN, [act("login")], log).opened is None


def test_a_pop3_session_that_retrieved_everything_retrieved_this():
    log = Recording(events=False, log=True)
    session = [act("login", protocol="pop3")]
    every = act("logout", 210, protocol="pop3", bodies=4, messages=4)
    found = exposure(SEEN, [*session, every], log)
    assert (found.downloaded, found.opened) == (True, True)
    some = every._replace(bodies=3)
    assert exposure(SEEN, [*session, some], log).downloaded is None


def test_a_move_is_a_copy_and_an_expunge():
    copied = act("copied", folder="Archive", source_folder="INBOX", message_id="<1@x.test>", uid=1)
    expunged = act("expunged", uid=7, message_id="<1@x.test>")
    there = replace(SEEN, folder="Archive")
    moved = exposure(there, [copied, expunged], WHOLE)
    assert (moved.moved, moved.copied) == (True, False)
    other = expunged._replace(uid=8)
    stays = exposure(SEEN, [copied, other], WHOLE)
    assert (stays.moved, stays.copied) == (False, False)
    kept = exposure(SEEN, [copied], WHOLE)
    assert (kept.moved, kept.copied) == (False, True)


@pytest.mark.parametrize(("before", "forwarded"), [(-1, True), (1, True), (61_000_000, False)])
def test_a_redirect_of_the_same_delivery_may_be_logged_before_its_save(before, forwarded):
    seen = replace(SEEN, delivered_at=100_000_000)
    redirect = act("redirected", seen.delivered_at - before, message_id="<1@x.test>", folder=None)
    found = exposure(seen, [redirect], Recording(events=True, log=True))
    assert found.forwarded is forwarded
