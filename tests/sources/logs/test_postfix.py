"""Lines of a real Postfix 3.7 (data/), and made-up orders of them."""

import pytest

from postwarden.sources.logs.postfix import PostfixReader
from postwarden.sources.logs.postfix_queue import QueueTable
from postwarden.sources.records import DeliveryRecord, SpanRecord
from postwarden.vocabulary import from_rfc3339

T = from_rfc3339("2026-11-20T10:11:12Z")
CLIENT = "postfix/smtpd[1]: 4A1B20E5F4: client=mail.sender.example[192.0.2.7]"
MESSAGE_ID = "postfix/cleanup[2]: 4A1B20E5F4: message-id=<a@sender.example>"
SENDER = "postfix/qmgr[3]: 4A1B20E5F4: from=<ann@sender.example>, size=335, nrcpt=1 (queue active)"
SENT = (
    "postfix/lmtp[4]: 4A1B20E5F4: to=<bob@example.test>, orig_to=<team@example.test>, "
    "relay=127.0.0.1[127.0.0.1]:24, delay=0.07, delays=0.01/0.01/0.01/0.04, dsn=2.0.0, "
    "status=sent (250 2.0.0 <bob@example.test> jnzlC9E7Amt7LgAAg+zDdQ:T2:R3 Saved)"
)
REMOVED = "postfix/qmgr[3]: 4A1B20E5F4: removed"
WHOLE = [CLIENT, MESSAGE_ID, SENDER, SENT, REMOVED]


def delivery(agent, tail, recipient="bob@example.test", relay="none"):
    return (
        f"postfix/{agent}[4]: 4A1B20E5F4: to=<{recipient}>, relay={relay}, delay=1, "
        f"delays=0/0/0/1, {tail}"
    )


def test_one_delivery_line_is_joined_with_all_that_is_known_of_its_queue_file(read, deliveries):
    (record,) = deliveries(read("postfix", WHOLE))
    assert record == DeliveryRecord(
        server="postfix",
        time=T,
        host="mx1",
        instance="postfix",
        agent="lmtp",
        queue_id="4A1B20E5F4",
        accepted_at=T,
        origin="smtp",
        client="mail.sender.example[192.0.2.7]",
        sasl_username=None,
        message_id="<a@sender.example>",
        envelope_from="ann@sender.example",
        original_recipient="team@example.test",
        recipient="bob@example.test",
        account=None,
        relay="127.0.0.1[127.0.0.1]:24",
        session_id="jnzlC9E7Amt7LgAAg+zDdQ:T2",
        session_part="R3",
        pid=4,
        status="sent",
        dsn="2.0.0",
        size=335,
        recipients=1,
        storage_id=None,
        folder=None,
        uid=None,
        next_queue_id=None,
        text="250 2.0.0 <bob@example.test> jnzlC9E7Amt7LgAAg+zDdQ:T2:R3 Saved",
        file="some.log",
        line=4,
    )


@pytest.mark.parametrize(
    "order",
    [
        [CLIENT, SENT, MESSAGE_ID, SENDER, REMOVED],
        [CLIENT, MESSAGE_ID, SENT, REMOVED, SENDER],
        [MESSAGE_ID, CLIENT, SENDER, SENT, REMOVED],
        [CLIENT, MESSAGE_ID, SENDER, REMOVED, SENT],
    ],
)
def test_the_order_in_which_processes_are_logged_does_not_matter(read, deliveries, order):
    (record,) = deliveries(read("postfix", order))
    assert (record.client, record.message_id) == (
        "mail.sender.example[192.0.2.7]",
        "<a@sender.example>",
    )
    known = order.index(SENDER) < order.index(REMOVED)
    assert record.envelope_from == ("ann@sender.example" if known else None)


def test_lines_that_are_missing_leave_their_fields_open(read, deliveries):
    (record,) = deliveries(read("postfix", [SENT]))
    assert (record.origin, record.client, record.message_id) == (None, None, None)
    assert (record.envelope_from, record.size) == (None, None)


def test_without_its_first_line_a_message_was_accepted_when_its_delay_says(read, deliveries):
    line = SENT.replace("delay=0.07", "delay=90000")
    (record,) = deliveries(read("postfix", [SENDER, line]))
    assert record.accepted_at == T - 90_000_000_000


@pytest.mark.parametrize(
    ("line", "origin", "client", "login"),
    [
        (
            (
                "postfix/submission/smtpd[1]: 4A1B20E5F4: client=localhost[127.0.0.1], "
                "sasl_method=PLAIN, sasl_username=user4@example.test"
            ),
            "submission",
            "localhost[127.0.0.1]",
            "user4@example.test",
        ),
        (
            (
                "postfix/smtpd[1]: 4A1B20E5F4: client=localhost[127.0.0.1], sasl_method=PLAIN, "
                "sasl_username=user4@example.test, sasl_sender=x, sasl_username=forged@example.test"
            ),
            "submission",
            "localhost[127.0.0.1]",
            "user4@example.test",
        ),
        ("postfix/pickup[1]: 4A1B20E5F4: uid=0 from=<root>", "local", "uid=0", None),
        (CLIENT, "smtp", "mail.sender.example[192.0.2.7]", None),
    ],
)
def test_where_a_message_came_in(read, deliveries, line, origin, client, login):
    (record,) = deliveries(read("postfix", [line, *WHOLE[1:]]))
    assert (record.origin, record.client, record.sasl_username) == (origin, client, login)


@pytest.mark.parametrize(
    ("line", "status", "next_queue_id", "text"),
    [
        (
            delivery("local", "dsn=2.0.0, status=sent (forwarded as 6AC5220E611)", relay="local"),
            "sent",
            "6AC5220E611",
            "forwarded as 6AC5220E611",
        ),
        (
            delivery(
                "smtp",
                "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 6320620E60E)",
                relay="127.0.0.1[127.0.0.1]:10025",
            ),
            "sent",
            "6320620E60E",
            "250 2.0.0 Ok: queued as 6320620E60E",
        ),
        (
            delivery(
                "smtp",
                "dsn=2.0.0, status=sent (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): "
                "250 2.0.0 Ok: queued as 6320620E60E)",
                relay="mx1.example.test[198.51.100.3]:10024",
            ),
            "sent",
            "6320620E60E",
            "250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as 6320620E60E",
        ),
        (
            delivery(
                "smtp",
                "dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 6320620E60E)",
                relay="mx.remote.example[203.0.113.5]:25",
            ),
            "sent",
            None,
            "250 2.0.0 Ok: queued as 6320620E60E",
        ),
        (
            delivery("virtual", "dsn=2.0.0, status=sent (delivered to mailbox)", relay="virtual"),
            "sent",
            None,
            "delivered to mailbox",
        ),
        (
            delivery(
                "pipe",
                "dsn=2.0.0, status=sent (delivered via pipex service (Subject: very private))",
                relay="pipex",
            ),
            "sent",
            None,
            "delivered via pipex service",
        ),
        (
            delivery(
                "pipe",
                "dsn=4.3.0, status=deferred (temporary failure. Command output: private words)",
                relay="ldax",
            ),
            "deferred",
            None,
            "temporary failure",
        ),
        (
            delivery(
                "smtp",
                "dsn=4.4.1, status=deferred (connect to 127.0.0.1[127.0.0.1]:9: refused)",
            ),
            "deferred",
            None,
            "connect to 127.0.0.1[127.0.0.1]:9: refused",
        ),
        (
            delivery("error", "dsn=5.1.2, status=bounced (no outside world in tests)"),
            "bounced",
            None,
            "no outside world in tests",
        ),
        (delivery("discard", "dsn=2.0.0, status=sent (gone)"), "sent", None, "gone"),
        (delivery("smtp", "dsn=5.0.0, status=SOFTBOUNCE (no)"), "deferred", None, "no"),
    ],
)
def test_delivery_lines_of_every_agent(read, deliveries, line, status, next_queue_id, text):
    (record,) = deliveries(read("postfix", [CLIENT, line]))
    assert (record.status, record.next_queue_id, record.text) == (status, next_queue_id, text)


@pytest.mark.parametrize(
    ("line", "status", "text", "following"),
    [
        ("postfix/qmgr[3]: 4A1B20E5F4: removed", "removed", None, None),
        (
            (
                "postfix/qmgr[3]: 4A1B20E5F4: from=<a@sender.example>, status=expired, "
                "returned to sender"
            ),
            "expired",
            "returned to sender",
            None,
        ),
        (
            (
                "postfix/cleanup[2]: 4A1B20E5F4: hold: header Subject: private words from "
                "localhost[127.0.0.1]; from=<a@b.example> to=<c@example.test> proto=ESMTP "
                "helo=<x>: please wait"
            ),
            "held",
            "hold",
            None,
        ),
        (
            (
                "postfix/cleanup[2]: 4A1B20E5F4: milter-hold: END-OF-MESSAGE from x[192.0.2.1]: "
                "milter triggers HOLD action; from=<a@b.example> to=<c@example.test>"
            ),
            "held",
            "milter-hold",
            None,
        ),
        ("postfix/postsuper[5]: 4A1B20E5F4: placed on hold", "held", "placed on hold", None),
        ("postfix/postsuper[5]: 4A1B20E5F4: removed", "removed", "removed by postsuper", None),
        (
            "postfix/bounce[5]: 4A1B20E5F4: sender non-delivery notification: 6C46420E617",
            "bounced",
            "sender non-delivery notification",
            "6C46420E617",
        ),
    ],
)
def test_what_befalls_a_whole_queue_file(read, line, status, text, following):
    records = read("postfix", [CLIENT, MESSAGE_ID, SENDER, line])
    (record,) = (one for one in records if isinstance(one, DeliveryRecord))
    assert (record.status, record.text, record.next_queue_id) == (status, text, following)
    assert (record.agent, record.recipient) == ("", None)
    assert record.message_id == "<a@sender.example>"


def test_a_reused_short_id_is_another_message(read, deliveries):
    second = [
        CLIENT.replace("192.0.2.7", "192.0.2.8"),
        MESSAGE_ID.replace("<a@", "<b@"),
        SENDER.replace("ann@", "zoe@"),
        SENT.replace("bob@", "eve@"),
        REMOVED,
    ]
    for first in (WHOLE, WHOLE[:-1]):
        one, two = deliveries(read("postfix", [*first, *second]))
        assert (one.message_id, one.envelope_from) == ("<a@sender.example>", "ann@sender.example")
        assert (two.message_id, two.envelope_from) == ("<b@sender.example>", "zoe@sender.example")
        assert two.client == "mail.sender.example[192.0.2.8]"


def test_instances_and_hosts_do_not_mix(read, deliveries):
    lines = []
    for line in WHOLE:
        for host, instance in (("mx1", "postfix"), ("mx1", "postfix-out"), ("mx2", "postfix")):
            mark = f"{host}-{instance}"
            lines.append(
                f"Nov 20 10:11:12 {host} "
                + line.replace("postfix/", f"{instance}/").replace("<a@", f"<{mark}@")
            )
    records = deliveries(read("postfix", lines, stamp=None))
    assert {(one.host, one.instance, one.message_id) for one in records} == {
        ("mx1", "postfix", "<mx1-postfix@sender.example>"),
        ("mx1", "postfix-out", "<mx1-postfix-out@sender.example>"),
        ("mx2", "postfix", "<mx2-postfix@sender.example>"),
    }


def test_a_front_end_with_its_own_syslog_name_belongs_to_its_instance(read, deliveries):
    front = "submission/smtpd[1]: 4A1B20E5F4: client=x[192.0.2.1], sasl_username=ann@example.test"
    (record,) = deliveries(read("postfix", [front, *WHOLE[1:]]))
    assert (record.instance, record.sasl_username) == ("postfix", "ann@example.test")


def test_the_first_of_two_message_ids_counts_and_a_resent_one_does_not(read, deliveries):
    lines = [
        CLIENT,
        "postfix/cleanup[2]: 4A1B20E5F4: resent-message-id=<re@example.test>",
        MESSAGE_ID,
        MESSAGE_ID.replace("<a@", "<second@"),
        *WHOLE[2:],
    ]
    (record,) = deliveries(read("postfix", lines))
    assert record.message_id == "<a@sender.example>"


def test_the_table_of_queue_files_is_bounded_and_loses_no_record(provider):
    reader = PostfixReader(provider, QueueTable(cap=50, remembered=10))
    reader.begin("mail.log")
    table = reader._table
    for number in range(500):
        queue_id = f"{number:05X}ABCDE"
        for line in (SENDER, SENT):
            tag, _, message = line.replace("4A1B20E5F4", queue_id).partition(": ")
            assert reader.take(T + number, "mx1", tag, message, number)
        assert len(table) <= 60
    reader.finish()
    assert len({one.queue_id for one in reader.records}) == 500


def test_long_replies_are_cut_after_they_were_understood(read, deliveries):
    reply = "250 2.0.0 from MTA(" + "x" * 300 + "): 250 2.0.0 Ok: queued as 6320620E60E"
    line = delivery("smtp", f"dsn=2.0.0, status=sent ({reply})", relay="f[127.0.0.1]:10024")
    (record,) = deliveries(read("postfix", [CLIENT, line]))
    assert (record.text, record.next_queue_id) == (reply[:200], "6320620E60E")


def test_a_message_without_a_beginning_is_not_kept_for_ever(provider):
    reader = PostfixReader(provider)
    reader.begin("mail.log")
    tag, _, message = SENT.partition(": ")
    for number in range(2_000):
        reader.take(T, "mx1", tag, message, number)
    assert len(reader.records) == 2_000


def test_a_real_log_with_long_queue_ids(read_file, deliveries, data):
    records = read_file("postfix", data / "postfix-long.log")
    found = deliveries(records)
    team = [one for one in found if one.message_id == "<team1@sender.example>"]
    assert {(one.original_recipient, one.recipient) for one in team} == {
        ("team@example.test", f"user{number}@example.test") for number in (1, 2, 3)
    }
    assert len({one.session_id for one in team}) == 3
    (filtered,) = (
        one for one in found if one.recipient == "user8@example.test" and one.agent == "smtp"
    )
    (arrived,) = (
        one for one in found if one.recipient == "user8@example.test" and one.agent == "lmtp"
    )
    assert filtered.next_queue_id == arrived.queue_id
    (folded,) = (one for one in found if one.message_id == "<abc??def@example.test>")
    assert (folded.origin, folded.client) == ("local", "uid=0")
    (span,) = (one for one in records if isinstance(one, SpanRecord))
    assert (span.host, span.lines) == (
        "mx1",
        len((data / "postfix-long.log").read_text().splitlines()),
    )


def test_a_real_log_with_short_queue_ids(read_file, deliveries, data):
    found = deliveries(read_file("postfix", data / "postfix-short.log"))
    team = [one for one in found if one.message_id == "<team1@sender.example>"]
    assert {(one.recipient, one.session_part) for one in team} == {
        ("user1@example.test", None),
        ("user2@example.test", "R2"),
        ("user3@example.test", "R3"),
    }
    assert len({one.session_id for one in team}) == 1
    agents = {one.agent for one in found}
    assert {"lmtp", "local", "pipe", "discard", "error", "smtp"} <= agents
    assert not any(one.recipient == "user9@example.test" for one in found), "a subject was believed"
