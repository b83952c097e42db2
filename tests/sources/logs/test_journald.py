import json

from postwarden.sources.records import AccessRecord, DeliveryRecord, GapRecord, SpanRecord
from postwarden.vocabulary import from_rfc3339

T = from_rfc3339("2026-11-20T10:11:12Z")


def entry(name, message, **fields):
    return json.dumps(
        {
            "__REALTIME_TIMESTAMP": str(T),
            "_HOSTNAME": "MX1",
            "SYSLOG_IDENTIFIER": name,
            "SYSLOG_PID": "42",
            "MESSAGE": message,
            **fields,
        }
    )


SENT = (
    "4A1B20E5F4: to=<bob@example.test>, relay=virtual, delay=0, delays=0/0/0/0, dsn=2.0.0, "
    "status=sent (delivered to maildir)"
)


def test_both_servers_in_one_export(read):
    lines = [
        entry("postfix/smtpd", "4A1B20E5F4: client=x[192.0.2.1]"),
        entry("postfix/cleanup", "4A1B20E5F4: message-id=<a@b.example>"),
        entry("postfix/virtual", SENT),
        entry("dovecot", "imap-login: Login: user=<ann@example.test>, rip=192.0.2.1, session=<s>"),
        entry("dovecot", 'stats: {"event":"mail_opened","fields":{"user":"ann@example.test",'
              '"session":"s","reason_code":["imap:fetch_body"],"uid":4}}'),
        entry("cron", "something else"),
    ]  # fmt: skip
    records = read("journald", lines, stamp=None)
    (delivery,) = (one for one in records if isinstance(one, DeliveryRecord))
    assert (delivery.time, delivery.host, delivery.pid) == (T, "mx1", 42)
    assert (delivery.client, delivery.message_id) == ("x[192.0.2.1]", "<a@b.example>")
    login, opened = (one for one in records if isinstance(one, AccessRecord))
    assert (login.what, opened.what, opened.uid) == ("login", "opened", 4)
    assert opened.address == "192.0.2.1", "the session's login is known"
    spans = {one.server for one in records if isinstance(one, SpanRecord)}
    assert spans == {"postfix", "dovecot", "dovecot-events"}


def test_a_message_as_bytes_and_a_pid_from_the_kernel(read, deliveries):
    line = entry("postfix/virtual", list(SENT.encode() + b"\xff"), SYSLOG_PID=None, _PID="7")
    assert deliveries(read("journald", [line], stamp=None)) == []
    line = entry("postfix/virtual", list(SENT.encode()), SYSLOG_PID=None, _PID="7")
    (record,) = deliveries(read("journald", [line], stamp=None))
    assert (record.recipient, record.pid) == ("bob@example.test", 7)


def test_suppressed_messages_are_a_gap(read):
    line = entry("systemd-journald", "Suppressed 17 messages from postfix.service")
    (gap,) = (one for one in read("journald", [line], stamp=None) if isinstance(one, GapRecord))
    assert (gap.since, gap.until, gap.reason) == (T - 30_000_000, T, "rate-limited")


def test_other_services_are_no_problem(read):
    assert read("journald", [entry("cron", "x")], stamp=None) == []
