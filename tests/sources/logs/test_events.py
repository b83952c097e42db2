"""Events that a real Dovecot 2.3.19 exported (data/events.log), and single ones."""

import json

import pytest

from postwarden.sources.logs.fetches import MOST_UIDS, shown, uids
from postwarden.vocabulary import from_rfc3339


@pytest.fixture(scope="module")
def found(read_file, data, accesses):
    return accesses(read_file("dovecot-events", data / "events.log"))


def event(name, **fields):
    return json.dumps(
        {
            "event": name,
            "hostname": "Store1",
            "start_time": "2026-11-20T10:11:12.000001Z",
            "end_time": "2026-11-20T10:11:12.000002Z",
            "fields": {"user": "ann@example.test", "session": "abc", **fields},
        }
    )


def test_lmtp_append_search_sort_top_and_header_fetches_open_nothing(found):
    assert not any(one.protocol == "lmtp" for one in found)
    assert not any(one.what == "opened" and one.folder == "Archive" for one in found)
    opened = {one.uid for one in found if one.what == "opened" and one.account.startswith("user1@")}
    assert opened == {1, 2, 3, None}, "all six messages were listed and searched"


def test_retr_opens_and_downloads(found):
    pop3 = [(one.what, one.uid) for one in found if one.session == "8il61dJgSOx/AAAB"]
    assert pop3 == [
        ("opened", 1),
        ("downloaded", 1),
        ("opened", 2),
        ("downloaded", 2),
        ("expunged", 1),
    ]


def test_doveadm_and_dsync_read_for_themselves(found):
    assert {(one.protocol, one.actor, one.what) for one in found if one.actor} == {
        ("doveadm", "doveadm", "expunged")
    }


def test_an_event_has_its_own_time_and_host(read, accesses):
    line = event("mail_opened", reason_code=["imap:cmd_uid_fetch", "imap:fetch_body"], uid=7)
    for text in (line, "Nov 20 11:00:00 stats: Info: " + line):
        (record,) = accesses(read("dovecot-events", [text], stamp=None))
        assert record.time == from_rfc3339("2026-11-20T10:11:12.000002Z")
        assert (record.host, record.what, record.uid) == ("store1", "opened", 7)
    (record,) = accesses(read("dovecot-events", ["dovecot: stats: " + line]))
    assert record.host == "mx1"


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        (["imap:cmd_uid_fetch", "imap:fetch_body"], ["opened"]),
        (["imap:cmd_fetch"], ["opened"]),
        (["imap:cmd_uid_fetch", "imap:fetch_header"], ["listed"]),
        (["imap:cmd_uid_fetch", "imap:fetch_header_fields", "mail:header_fields"], ["listed"]),
        (["imap:cmd_uid_fetch", "imap:fetch_bodystructure"], ["listed"]),
        (["imap:cmd_uid_fetch", "mail:snippet"], ["listed"]),
        (["imap:cmd_uid_search"], []),
        (["imap:cmd_append"], []),
        (["imap:cmd_uid_copy"], []),
        (["imap:cmd_sort"], []),
        (["lmtp:cmd_data"], []),
        (["pop3:cmd_top"], []),
        (["pop3:cmd_retr"], ["opened", "downloaded"]),
        ("pop3:cmd_retr", ["opened", "downloaded"]),
        (["doveadm:cmd_fetch"], []),
        ([], []),
    ],
)
def test_what_opens(read, accesses, reasons, expected):
    line = event("mail_opened", reason_code=reasons, uid=7, mailbox="INBOX")
    assert [one.what for one in accesses(read("dovecot-events", [line], stamp=None))] == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("1 (BODY[])", "opened"),
        ("1 (FLAGS BODY.PEEK[TEXT])", "opened"),
        ("1 (BODY.PEEK[1])", "opened"),
        ("1 (BODY.PEEK[1.2])", "opened"),
        ("1 BODY.PEEK[]<0.10>", "opened"),
        ("1 RFC822", "opened"),
        ("1 (RFC822.TEXT)", "opened"),
        ("1 (BINARY.PEEK[1])", "opened"),
        ("1 (body.peek[header] body[])", "opened"),
        ("1 (RFC822.HEADER)", "listed"),
        ("1 (RFC822.SIZE FLAGS)", "listed"),
        ("1 (BODY.PEEK[HEADER])", "listed"),
        ("1 (BODY.PEEK[HEADER.FIELDS (FROM TO)])", "listed"),
        ("1 (BODY.PEEK[HEADER.FIELDS.NOT (FROM)])", "listed"),
        ("1 (BODY.PEEK[1.MIME])", "listed"),
        ("1 (BODY.PEEK[1.HEADER])", "listed"),
        ("1:* (FLAGS ENVELOPE)", "listed"),
        ("1 BODYSTRUCTURE", "listed"),
        ("1 ALL", "listed"),
        ("1 (PREVIEW)", "listed"),
        ("1 (UID)", None),
        ("", None),
    ],
)
def test_what_a_fetch_shows(arguments, expected):
    assert shown(arguments) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3", [3]),
        ("3:7,9", [3, 4, 5, 6, 7, 9]),
        ("7:3", [3, 4, 5, 6, 7]),
        ("3:*", [None]),
        ("*", [None]),
        (f"1:{MOST_UIDS}", list(range(1, MOST_UIDS + 1))),
        (f"1:{MOST_UIDS + 1}", [None]),
        ("1:99999999999999999999", [None]),
        ("1:2:3", [None]),
        (",", [None]),
        ("", [None]),
    ],
)
def test_uid_sets(written, expected):
    assert uids(f"{written} (BODY[])") == expected


def test_sequence_numbers_are_no_uids(read, accesses):
    fields = {"cmd_args": "1:3 (BODY[])", "tagged_reply_state": "OK", "mailbox": "INBOX"}
    lines = [
        event("imap_command_finished", cmd_name="FETCH", **fields),
        event("imap_command_finished", cmd_name="UID FETCH", **fields),
    ]
    records = accesses(read("dovecot-events", lines, stamp=None))
    assert [(one.what, one.uid) for one in records] == [
        ("opened", None),
        ("opened", 1),
        ("opened", 2),
        ("opened", 3),
    ]


def test_a_fetch_that_failed_shows_nothing(read, accesses):
    line = event(
        "imap_command_finished",
        cmd_name="UID FETCH",
        cmd_args="1 (BODY[])",
        tagged_reply_state="NO",
    )
    assert accesses(read("dovecot-events", [line], stamp=None)) == []


def test_a_master_users_login_names_who_acts(read, accesses):
    master = event("auth_request_finished", service="imap", master_user="Migration", success="yes")
    own = event("auth_request_finished", service="imap", original_user="ann@example.test")
    (login,) = accesses(read("dovecot-events", [master, own], stamp=None))
    assert (login.what, login.protocol, login.session) == ("login", "imap", "abc")
    assert (login.account, login.actor) == ("ann@example.test", "migration")
