"""Lines of a real Dovecot 2.3.19 with Pigeonhole (data/); those of 2.4 after its documentation."""

import pytest

from postwarden.sources.logs.sessions import UNNAMED_MASTER
from postwarden.sources.records import AccessRecord, SpanRecord
from postwarden.vocabulary import from_rfc3339

STAMP = "Nov 20 10:11:12 "


@pytest.fixture(scope="module")
def default(read_file, data):
    return read_file("dovecot", data / "dovecot-default.log")


@pytest.fixture(scope="module")
def full(read_file, data):
    return read_file("dovecot", data / "dovecot-full.log", year=None)


def by_message(records, message_id):
    return [one for one in records if one.message_id == message_id]


def test_one_transaction_with_three_recipients(default, deliveries):
    team = by_message(deliveries(default), "<team1@sender.example>")
    assert [(one.account, one.session_part, one.folder, one.uid, one.size) for one in team] == [
        ("user1@example.test", None, "INBOX", 1, 522),
        ("user2@example.test", "R2", "INBOX", 1, 522),
        ("user3@example.test", "R3", "INBOX", 1, 522),
    ]
    assert {(one.server, one.agent, one.status, one.session_id) for one in team} == {
        ("dovecot", "lmtp", "saved", "jnzlC9E7Amt7LgAAg+zDdQ")
    }


def test_several_transactions_in_one_session(default, deliveries):
    third = by_message(deliveries(default), "<lm3@sender.example>")
    assert [(one.account, one.session_part) for one in third] == [
        ("user10@example.test", None),
        ("user11@example.test", "R2"),
        ("user12@example.test", "R3"),
    ]
    assert {one.session_id for one in third} == {"49ykDNE7Amt8LgAAg+zDdQ:T3"}


def test_a_full_log_format_gives_envelope_and_storage(full, deliveries):
    (record,) = by_message(deliveries(full), "<single@sender.example>")
    assert (record.recipient, record.envelope_from) == ("user1@example.test", "shop@sender.example")
    assert record.storage_id == "1795308883.M899240P13589.store1,S=587,W=604"
    assert (record.uid, record.size) == (3, 587)
    assert record.time == from_rfc3339("2026-11-22T00:54:43Z")


def test_a_subject_that_repeats_the_format_leaves_its_fields_open(full, deliveries):
    (record,) = by_message(deliveries(full), "<evil@sender.example>")
    assert (record.account, record.folder, record.recipient) == (
        "user1@example.test",
        "INBOX",
        None,
    )
    assert record.envelope_from == "shop@sender.example"


@pytest.mark.parametrize(
    ("message_id", "expected"),
    [
        ("<sieve13@sender.example>", [("saved", "Archive", None)]),
        ("<sieve14@sender.example>", [("redirected", None, "friend@void.test")]),
        ("<sieve15@sender.example>", [("discarded", None, "user15@example.test")]),
        (
            "<sieve16@sender.example>",
            [
                ("saved", "Archive", "user16@example.test"),
                ("redirected", None, "friend@void.test"),
                ("saved", "INBOX", "user16@example.test"),
            ],
        ),
        ("<sieve17@sender.example>", [("rejected", None, "user17@example.test")]),
        ("<sieve18@sender.example>", [("saved", "Nope/Sub", "user18@example.test")]),
        ("<sieve19@sender.example>", [("saved", "INBOX", "user19@example.test")]),
    ],
)
def test_sieve(full, deliveries, message_id, expected):
    found = by_message(deliveries(full), message_id)
    shown = [(one.status, one.folder, one.recipient) for one in found]
    assert [one[:2] for one in shown] == [one[:2] for one in expected]
    if message_id != "<sieve13@sender.example>":
        assert [one[2] for one in shown] == [one[2] for one in expected]
    assert all(one.storage_id is None for one in found if one.status != "saved")


@pytest.mark.parametrize(
    ("line", "status", "folder", "account", "session", "part"),
    [
        (
            "lmtp(bob@example.test)<7><jnzl>: Info: msgid=<a@b.example>: saved mail to INBOX",
            "saved",
            "INBOX",
            "bob@example.test",
            "jnzl",
            None,
        ),
        (
            (
                "lmtp(7, bob@example.test): jnzlC9E7Amt7LgAAg+zDdQ:R2: msgid=<a@b.example>: "
                "saved mail to INBOX"
            ),
            "saved",
            "INBOX",
            "bob@example.test",
            "jnzlC9E7Amt7LgAAg+zDdQ",
            "R2",
        ),
        (
            "lda(bob@example.test)<7><>: Info: msgid=<a@b.example>: saved mail to Lists/Example",
            "saved",
            "Lists/Example",
            "bob@example.test",
            None,
            None,
        ),
        (
            "lda(bob): Info: sieve: msgid=<a@b.example>: stored mail into mailbox 'A'",
            "saved",
            "A",
            "bob",
            None,
            None,
        ),
        (
            (
                "lmtp(bob@example.test)<7><jnzl>: Info: msgid=<a@b.example>: save failed to INBOX: "
                "Mailbox INBOX: open(tmp/1.M2P3.s) failed: Permission denied"
            ),
            "rejected",
            None,
            "bob@example.test",
            "jnzl",
            None,
        ),
        (
            (
                "lmtp(bob@example.test)<7><jnzl>: Info: msgid=<a@b.example>: save failed to open "
                "mailbox INBOX: stat(tmp) failed: Permission denied"
            ),
            "rejected",
            None,
            "bob@example.test",
            "jnzl",
            None,
        ),
        (
            (
                "lmtp(bob@example.test)<7><jnzl>: Info: save: box=INBOX, uid=4, msgid=<a@b.example>"
                ", size=5"
            ),
            "saved",
            "INBOX",
            "bob@example.test",
            "jnzl",
            None,
        ),
    ],
)
def test_single_delivery_lines(  # noqa: PLR0917  one argument for each column
    read, deliveries, line, status, folder, account, session, part
):
    (record,) = deliveries(read("dovecot", [line], stamp=STAMP))
    assert (record.status, record.folder, record.account) == (status, folder, account)
    assert (record.session_id, record.session_part) == (session, part)
    assert record.message_id == "<a@b.example>"


@pytest.mark.parametrize(
    "stamp",
    [
        "Nov 20 10:11:12 ",
        "2026-11-20 10:11:12 ",
        "Nov 20 10:11:12 mx1 dovecot: ",
        "Nov 20 10:11:12 mx1 dovecot[99]: ",
        "2026-11-20T10:11:12.000000+00:00 mx1 dovecot: ",
        "2026-11-20T10:11:12Z mx1 dovecot: ",
        "<22>Nov 20 10:11:12 mx1 dovecot: ",
    ],
)
@pytest.mark.parametrize("level", ["", "Info: "])
def test_own_logs_and_syslog(read, deliveries, stamp, level):
    line = f"lmtp(bob@example.test)<7><jnzl>: {level}msgid=<a@b.example>: saved mail to INBOX"
    (record,) = deliveries(read("dovecot", [line], stamp=stamp))
    assert record.time == from_rfc3339("2026-11-20T10:11:12Z")
    assert record.host == ("mx1" if "mx1" in stamp else "")


def test_errors_are_no_deliveries(read, deliveries):
    line = "lmtp(bob@example.test)<7><jnzl>: Error: msgid=<a@b.example>: saved mail to INBOX"
    assert deliveries(read("dovecot", [line], stamp=STAMP)) == []


def test_what_a_holder_did_by_imap(default, accesses):
    done = [one for one in accesses(default) if one.session == "9PBw1dJg/rR/AAAB"]
    counts = {}
    for one in done:
        counts[one.what] = counts.get(one.what, 0) + 1
    assert counts == {
        "login": 1,
        "flagged": 6,
        "copied": 2,
        "expunged": 2,
        "appended": 1,
        "logout": 1,
    }
    assert {(one.actor, one.address, one.protocol) for one in done} == {(None, "127.0.0.1", "imap")}
    (moved,) = (one for one in done if one.what == "copied" and one.uid == 2)
    assert (moved.source_folder, moved.folder) == ("INBOX", "Archive")
    assert (done[-1].bodies, done[-1].headers) == (8, 9)


def test_pop3_counters(default, accesses):
    logouts = [one for one in accesses(default) if one.protocol == "pop3" and one.what == "logout"]
    assert [(one.bodies, one.headers, one.messages) for one in logouts] == [(2, 1, 5), (1, 0, 4)]


def test_doveadm_acts_itself(default, accesses):
    done = [one for one in accesses(default) if one.protocol == "doveadm"]
    assert {(one.what, one.actor, one.account) for one in done} == {
        ("copied", "doveadm", "user3@example.test")
    }


def test_a_master_user_is_the_actor_of_all_that_the_session_does(full, accesses):
    done = [one for one in accesses(full) if one.session == "z3587NJgQql/AAAB"]
    assert [one.what for one in done] == ["login", "appended", "logout"]
    assert {(one.account, one.actor) for one in done} == {("user1@example.test", "migration")}
    own = [one for one in accesses(full) if one.session == "A7p77NJgOql/AAAB"]
    assert own
    assert {one.actor for one in own} == {None}


LOGIN = "imap-login: Info: Login: user=<ann@example.test>, method=PLAIN, rip=192.0.2.1, session=<s>"


@pytest.mark.parametrize(
    ("lines", "actor"),
    [
        ([LOGIN], None),
        (["auth: Info: Master user logging in as ann@example.test", LOGIN], UNNAMED_MASTER),
        (["auth: Info: Master user logging in as bob@example.test", LOGIN], None),
        ([LOGIN.replace("method", "auth_user=<ann>, method")], None),
        ([LOGIN.replace("method", "auth_user=<migration>, method")], "migration"),
        (
            [LOGIN.replace("method", "master_user=<ann@example.test*migration>, method")],
            "migration",
        ),
        ([LOGIN.replace("method", "orig_user=<ANN@example.test>, method")], None),
    ],
)
def test_who_logged_in(read, accesses, lines, actor):
    event = "imap(ann@example.test)<7><s>: Info: expunge: box=INBOX, uid=4, msgid=<a@b.example>"
    records = accesses(read("dovecot", [*lines, event], stamp=STAMP))
    assert [(one.what, one.actor) for one in records] == [("login", actor), ("expunged", actor)]


def test_a_master_announced_long_before_is_not_this_login(read, accesses):
    lines = [
        "Nov 20 10:11:12 auth: Info: Master user logging in as ann@example.test",
        "Nov 20 10:12:12 " + LOGIN,
    ]
    (record,) = accesses(read("dovecot", lines, stamp=None))
    assert record.actor is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            (
                "imap-login: Info: Logged in: user=<ann@example.test>, method=X, rip=192.0.2.1, "
                "lip=192.0.2.2, mpid=7, TLS, session=<abc>"
            ),
            ("login", "ann@example.test", "imap", "192.0.2.1", "abc"),
        ),
        (
            (
                "submission-login: Login: user=<ann@example.test>, method=PLAIN, rip=2001:db8::1, "
                "session=<abc>"
            ),
            ("login", "ann@example.test", "submission", "2001:db8::1", "abc"),
        ),
        (
            (
                "managesieve-login: Info: Login: user=<ann@example.test> method=X rip=192.0.2.1 "
                "session=<abc>"
            ),
            ("login", "ann@example.test", "managesieve", "192.0.2.1", "abc"),
        ),
        (
            "dsync-server(ann@example.test)<7><abc>: Info: save: box=INBOX, uid=4, msgid=<a@b>",
            ("appended", "ann@example.test", "dsync", None, "abc"),
        ),
        (
            (
                "imap(ann@example.test)<7><abc>: Info: Disconnected: Connection closed (IDLE "
                "running for 1 secs) in=20 out=76 hdr_count=3 hdr_bytes=9 body_count=2 body_bytes=0"
            ),
            ("logout", "ann@example.test", "imap", None, "abc"),
        ),
        (
            "imap(ann@example.test)<7><abc>: Connection closed in=1 out=2",
            ("logout", "ann@example.test", "imap", None, "abc"),
        ),
    ],
)
def test_access_lines_some_untested_against_a_real_2_4(read, accesses, line, expected):
    (record,) = accesses(read("dovecot", [line], stamp=STAMP))
    assert isinstance(record, AccessRecord)
    assert (
        record.what,
        record.account,
        record.protocol,
        record.address,
        record.session,
    ) == expected


def test_a_deliver_line_untested_against_a_real_2_4(read, deliveries):
    line = (
        "lmtp(ann@example.test)<7><abc>: Info: msgid=<a@b.example>, from=x@y.example, subject=Hi, "
        "size=9: saved mail to INBOX"
    )
    records = deliveries(read("dovecot", [line, line], stamp=STAMP))
    assert [(one.message_id, one.size, one.folder) for one in records] == [
        ("<a@b.example>", 9, "INBOX")
    ] * 2


def test_the_host_can_be_configured(read, deliveries):
    line = "lmtp(bob@example.test)<7><jnzl>: Info: msgid=<a@b.example>: saved mail to INBOX"
    records = read("dovecot", [line], stamp=STAMP, host="Store1.example.test")
    assert deliveries(records)[0].host == "store1.example.test"
    (span,) = (one for one in records if isinstance(one, SpanRecord))
    assert (span.server, span.host, span.lines) == ("dovecot", "store1.example.test", 1)


def test_a_field_counts_from_the_start_of_the_server_that_has_it_in_its_format(read, deliveries):
    head = "lmtp(bob@example.test)<7><jnzl>: Info: msgid=<a@b.example>"
    plain = f"{head}: saved mail to INBOX"
    full = f"{head}, to_envelope=bob@example.test: saved mail to INBOX"
    start = "master: Info: Dovecot v2.3.19.1 (9b53102964) starting up for imap, lmtp"
    found = deliveries(read("dovecot", [plain, full, start, full, full], stamp=STAMP))
    assert [one.recipient for one in found] == [None, None, *["bob@example.test"] * 2]
    found = deliveries(read("dovecot", [full] * 100 + [plain] + [full], stamp=STAMP))
    assert {one.recipient for one in found[:100]} == {"bob@example.test"}
    assert [one.recipient for one in found[100:]] == [None, None]
