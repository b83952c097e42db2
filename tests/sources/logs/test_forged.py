"""Words of senders and remote servers never make or change a record."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

CLEAN = [
    "postfix/smtpd[1]: 4A1B20E5F4: client=mail.sender.example[192.0.2.7]",
    "postfix/cleanup[2]: 4A1B20E5F4: message-id=<a@sender.example>",
    "postfix/qmgr[3]: 4A1B20E5F4: from=<ann@sender.example>, size=335, nrcpt=1 (queue active)",
    (
        "postfix/lmtp[4]: 4A1B20E5F4: to=<bob@example.test>, relay=127.0.0.1[127.0.0.1]:24, "
        "delay=0.07, delays=0.01/0.01/0.01/0.04, dsn=2.0.0, status=sent "
        "(250 2.0.0 <bob@example.test> jnzlC9E7Amt7LgAAg+zDdQ Saved)"
    ),
    "postfix/qmgr[3]: 4A1B20E5F4: removed",
]
PIECES = [
    (
        "4A1B20E5F4: to=<victim@example.test>, relay=127.0.0.1[127.0.0.1]:24, delay=1, "
        "delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 <victim@example.test> "
        "AAAAAAAAAAAAAAAAAAAAAA Saved)"
    ),
    "Nov 20 10:11:12 mx1 postfix/lmtp[4]: 4A1B20E5F4: ",
    "postfix/qmgr[3]: 4A1B20E5F4: removed",
    (
        ">, orig_to=<victim@example.test>, relay=none, delay=1, delays=0/0/0/0, dsn=2.0.0, "
        "status=sent (250 2.0.0 Ok: queued as 9999999999)"
    ),
    "to=<victim@example.test>, ",
    "status=sent ",
    "(250 2.0.0 Ok: queued as 9999999999)",
    "forwarded as 9999999999",
    ", sasl_username=victim@example.test",
    ": saved mail to INBOX",
    ": stored mail into mailbox 'Trash'",
    ": forwarded to <victim@example.test>",
    ", size=99999999, ",
    " to_envelope=victim@example.test from_envelope=victim@example.test",
    "msgid=<victim@example.test>: ",
    ", uid=99999, box=Trash",
    "save: box=Trash, uid=99999, ",
    "client=victim[192.0.2.99]",
    "message-id=<victim@example.test>",
    "imap-login: Info: Login: user=<victim@example.test>, ",
    '{"event":"mail_opened","fields":{"user":"victim@example.test"}}',
    "\ufffd",
    " ",
    "x",
    ")",
    '"',
    "<",
    ">",
]
EVIL_PIECES = st.sampled_from(PIECES)
EVIL = st.lists(EVIL_PIECES, min_size=1, max_size=6).map("".join)
POSTFIX = [
    (
        "postfix/cleanup[2]: 4A1B20E5F4: warning: header Subject: {} from x[192.0.2.7]; from=<a@b> "
        "to=<bob@example.test> proto=ESMTP helo=<x>"
    ),
    "postfix/cleanup[2]: 4A1B20E5F4: reject: header Subject: {}",
    "postfix/cleanup[2]: 4A1B20E5F4: info: header X-A: {}",
    "postfix/cleanup[2]: 4A1B20E5F4: resent-message-id={}",
    "postfix/cleanup[2]: 4A1B20E5F4: message-id={}",
    (
        "postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.7]: 554 5.7.1 <{}>: Relay access "
        "denied; from=<{}> to=<{}> proto=ESMTP helo=<{}>"
    ),
    "postfix/smtpd[1]: 4A1B20E5F4: reject: RCPT from x[192.0.2.7]: 554; helo=<{}>",
    "postfix/smtpd[1]: warning: non-SMTP command from x[192.0.2.7]: {}",
    "postfix/smtpd[1]: improper command pipelining after DATA from x[192.0.2.7]: {}",
    "postfix/smtp[4]: warning: host mx.remote.example[203.0.113.5] said: {}",
    "postfix/smtp[4]: 4A1B20E5F4: host mx.remote.example[203.0.113.5] said: 451 {}",
    "postfix/postscreen[4]: PREGREET 11 after 0.1 from [192.0.2.7]:1: {}",
    "postfix/error[4]: warning: {}",
    "opendkim[9]: 4A1B20E5F4: {}",
]


def test_ten_thousand_quoted_words_between_the_lines_of_one_message(read, facts):
    chance = random.Random(2)
    lines = [
        chance.choice(POSTFIX).replace(
            "{}", "".join(chance.choices(PIECES, k=chance.randint(1, 6)))
        )
        for _ in range(10_000)
    ]
    mixed = [*CLEAN[:2], *lines[:3_000], CLEAN[2], *lines[3_000:6_000], *CLEAN[3:], *lines[6_000:]]
    assert facts(read("postfix", mixed)) == facts(read("postfix", CLEAN))


@given(st.lists(st.tuples(st.sampled_from(POSTFIX), EVIL), min_size=1, max_size=60))
@settings(max_examples=80)
def test_quoted_words_change_nothing_in_postfix_logs(read, facts, forged):
    lines = [template.replace("{}", evil) for template, evil in forged]
    mixed = [*CLEAN[:2], *lines, CLEAN[2], *lines, *CLEAN[3:], *lines]
    assert facts(read("postfix", mixed)) == facts(read("postfix", CLEAN))


@given(st.lists(EVIL, min_size=1, max_size=30))
@settings(max_examples=100)
def test_a_remote_reply_only_fills_the_text_of_its_own_delivery(read, deliveries, replies):
    lines = [
        f"postfix/smtp[4]: 4A1B20E5F4: to=<bob@example.test>, relay=mx.remote.example"
        f"[203.0.113.5]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 {reply})"
        for reply in replies
    ]
    for record, reply in zip(deliveries(read("postfix", lines)), replies, strict=True):
        assert record.recipient == "bob@example.test"
        assert record.relay == "mx.remote.example[203.0.113.5]:25"
        assert (record.session_id, record.next_queue_id) == (None, None)
        assert (record.original_recipient, record.message_id) == (None, None)
        assert record.text == f"250 {reply}"[:200]


@given(EVIL.filter(lambda text: "\n" not in text))
@settings(max_examples=150)
def test_a_quoted_local_part_cannot_end_the_address_early(read, deliveries, evil):
    local = '"' + evil.replace("\\", "\\\\").replace('"', '\\"') + '"'
    line = CLEAN[3].replace("to=<bob@example.test>", f"to=<{local}@example.test>")
    (record,) = deliveries(read("postfix", [*CLEAN[:3], line]))
    assert record.recipient is not None
    assert record.recipient.endswith("@example.test")
    assert record.recipient != "victim@example.test"
    assert record.relay == "127.0.0.1[127.0.0.1]:24"


def test_an_address_that_was_not_quoted_and_holds_a_whole_line_is_refused(read, deliveries):
    line = CLEAN[3].replace(
        "to=<bob@example.test>",
        "to=<victim@example.test>, relay=none, delay=1, delays=0/0/0/0, dsn=2.0.0, "
        "status=sent (x@example.test>",
    )
    assert deliveries(read("postfix", [*CLEAN[:3], line])) == []


DOVECOT = "lmtp(bob@example.test)<7><jnzlC9E7Amt7LgAAg+zDdQ>: Info: "
FORMATS = [
    "msgid={}",
    (
        "msgid=<a@sender.example>, from={}, subject={}, size=557, storage_id=1.M2P3.s,S=557 "
        "to_envelope=bob@example.test from_envelope=ann@sender.example"
    ),
    "msgid=<a@sender.example>, subject={}",
]


@given(st.sampled_from(FORMATS), EVIL)
@settings(max_examples=200)
def test_a_subject_or_message_id_cannot_change_where_mail_was_saved(read, deliveries, form, evil):
    stamp = "Nov 20 10:11:12 "
    lines = [
        f"{DOVECOT}{form.replace('{}', text)}: saved mail to INBOX" for text in ("plain", evil)
    ]
    for record in deliveries(read("dovecot", lines, stamp=stamp)):
        assert (record.status, record.folder) == ("saved", "INBOX")
        assert record.account == "bob@example.test"
        assert record.recipient in (None, "bob@example.test")
        assert record.envelope_from in (None, "ann@sender.example")
        assert record.size in (None, 557)
        assert record.storage_id in (None, "1.M2P3.s,S=557")


@pytest.mark.parametrize(
    "ending",
    [
        "vacation action: sent vacation response to <ann@sender.example>",
        "vacation action: failed to send vacation response to ann@sender.example: <smtp: {}> (no)",
        "Permanently failed to send rejection: smtp(127.0.0.1:25): RCPT TO failed: 550 {}",
        "redirect action: failed to redirect message to <x@y.example>: smtp: {}",
        "something that a later version says",
    ],
)
@given(EVIL)
@settings(max_examples=100)
def test_other_actions_are_no_deliveries_whatever_is_quoted(read, deliveries, ending, evil):
    line = f"{DOVECOT}sieve: msgid={evil}: {ending.replace('{}', evil)}"
    assert deliveries(read("dovecot", [line], stamp="Nov 20 10:11:12 ")) == []


@given(EVIL)
@settings(max_examples=150)
def test_mail_log_is_not_fooled_by_message_ids_and_subjects(read, accesses, evil):
    line = (
        f"imap(bob@example.test)<7><abc>: Info: expunge: box=INBOX, uid=4, msgid={evil}, size=557, "
        f"vsize=560, from={evil}, subject={evil}, flags=()"
    )
    (record,) = accesses(read("dovecot", [line], stamp="Nov 20 10:11:12 "))
    assert (record.what, record.folder, record.uid) == ("expunged", "INBOX", 4)
    assert record.account == "bob@example.test"
    assert record.size in (None, 557)


@given(EVIL)
@settings(max_examples=80)
def test_failed_logins_are_no_logins(read, accesses, evil):
    line = f"imap-login: Info: Disconnected: Auth failed (auth failed, 1 attempts): user=<{evil}>"
    assert accesses(read("dovecot", [line], stamp="Nov 20 10:11:12 ")) == []
