"""Whatever the bytes, reading raises nothing and cites lines that exist."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

FORMATS = ["postfix", "journald", "dovecot", "dovecot-events"]
STARTS = [
    b"Nov 20 10:11:12 mx1 postfix/lmtp[4]: 4A1B20E5F4: to=<",
    b"Nov 20 10:11:12 mx1 postfix/smtpd[4]: 4A1B20E5F4: client=",
    b"Nov 20 10:11:12 mx1 postfix/qmgr[4]: 4A1B20E5F4: from=<>, size=",
    b"Nov 20 10:11:12 mx1 postfix/bounce[4]: 4A1B20E5F4: sender non-delivery notification: ",
    b"2026-11-20T10:11:12Z mx1 dovecot: lmtp(a@b)<1><s>: msgid=",
    b"Nov 20 10:11:12 imap(a@b)<1><s>: Info: copy from INBOX: box=",
    b"Nov 20 10:11:12 imap-login: Info: Login: user=<",
    b"Nov 20 10:11:12 stats: Info: {",
    b'{"event":"mail_opened","end_time":"2026-11-20T10:11:12Z","fields":{"user":"a","uid":',
    b'{"event":"imap_command_finished","fields":{"user":"a","cmd_name":"UID FETCH","cmd_args":"',
    b'{"__REALTIME_TIMESTAMP":"1795308497000000","SYSLOG_IDENTIFIER":"postfix/qmgr","MESSAGE":',
    b'{"__REALTIME_TIMESTAMP":"1795308497000000","SYSLOG_IDENTIFIER":"dovecot","MESSAGE":[',
    b"<22>",
    b"Feb 29 24:60:61 ",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"\xfd7zXZ\x00",
    b"BZh9",
    b"",
]
LINES = st.lists(
    st.tuples(st.sampled_from(STARTS), st.one_of(st.binary(max_size=80), st.just(b"[" * 3000))),
    max_size=12,
).map(lambda parts: b"\n".join(start + rest for start, rest in parts))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("year", [None, 2026])
@given(LINES)
@settings(max_examples=60)
def test_no_bytes_raise(read, kind, year, content):
    records = read(kind, content, year=year)
    count = content.count(b"\n") + 1
    for record in records:
        line = getattr(record, "line", None)
        assert line is None or 1 <= line <= count


def test_deep_json_is_only_a_strange_line(read):
    content = b'{"a":' * 50_000
    for kind in ("journald", "dovecot-events"):
        problems = read(kind, content + b"\n")
        assert [one.code for one in problems] == ["strange-lines", "long-lines"]
