"""The trust boundary: what of a header our own hosts wrote."""

from email.parser import BytesHeaderParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needed import lacking
from postwarden.sources.headers.fields import characters
from postwarden.sources.headers.received import _read_unusual, read_received
from postwarden.sources.headers.trace import NO_TRACE, own_trace
from postwarden.vocabulary import from_rfc3339

HOSTS = frozenset({"mx1.example.net", "store1.example.net"})
# Dovecot 2.3.19 and Postfix 3.7 wrote these lines (names changed).
LMTP = (
    "Received: from mx1.example.net ([127.0.0.1])\n\tby store1.example.net with LMTP\n"
    "\tid eF+mMSA9AmuOMwAAg+zDdQ\n\t(envelope-from <a@x.test>)\n\tfor <u@example.net>; "
    "Sun, 22 Nov 2026 00:53:53 +0000\n"
)
LMTP_SEVERAL = (
    "Received: from mx1.example.net ([127.0.0.1])\n\tby store1.example.net with LMTP\n"
    "\tid UW76KiA9AmuOMwAAg+zDdQ:T2\n\t(envelope-from <a@x.test>); "
    "Sun, 22 Nov 2026 00:53:53 +0000\n"
)
OUTSIDE = (
    "Received: from helo (mail.x.test [192.0.2.7])\n"
    "\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)\n"
    "\t key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256)\n"
    "\t(No client certificate requested)\n"
    "\tby mx1.example.net (Postfix) with ESMTPS id C7DBC20EA02\n"
    "\tfor <Info@example.net>; Sun, 22 Nov 2026 01:53:52 +0100 (CET)\n"
)
PICKUP = (
    "Received: by mx1.example.net (Postfix, from userid 0)\n"
    "\tid D214320EA21; Sun, 22 Nov 2026 00:53:52 +0000 (UTC)\n"
)
FORGED = (
    "Received: from mx1.example.net ([127.0.0.1])\n\tby store1.example.net with LMTP\n"
    "\tid FORGED\n\tfor <victim@example.net>; Sat, 21 Nov 2026 00:00:00 +0000\n"
    "X-Original-To: victim@example.net\nDelivered-To: victim@example.net\n"
)


def trace(text, hosts=HOSTS):
    return own_trace(characters(b"\n" + text.rstrip("\n").encode()), hosts)[0]


def test_lmtp_and_smtp_lines_make_one_trace_and_forged_lines_below_prove_nothing():
    found = trace(
        f"Return-Path: <a@x.test>\nDelivered-To: U@example.net\n{LMTP}{OUTSIDE}{FORGED}From: a\n"
    )
    assert found.hops == 2
    assert found.lmtp_id == "eF+mMSA9AmuOMwAAg+zDdQ"
    assert (found.queue_id, found.queue_host) == ("C7DBC20EA02", "mx1.example.net")
    assert found.received_for == "info@example.net"
    assert found.received_at == from_rfc3339("2026-11-22T00:53:52Z")
    assert found.delivered_to == "u@example.net"
    assert found.x_original_to is None
    assert "FORGED" not in found.trace
    assert [line.partition(":")[0] for line in found.trace.split("\n")] == [
        "Return-Path",
        "Delivered-To",
        "Received",
        "Received",
    ]


def test_several_recipients_leave_no_recipient_and_keep_the_transaction():
    found = trace(f"Return-Path: <a@x.test>\n{LMTP_SEVERAL}{PICKUP}From: a\n")
    assert found.lmtp_id == "UW76KiA9AmuOMwAAg+zDdQ:T2"
    assert found.received_for is None
    assert found.queue_id == "D214320EA21"
    assert found.hops == 2


def test_virtual_and_sieve_lines_above_the_boundary_count():
    found = trace(
        "Return-Path: <a@x.test>\nX-Original-To: team@example.net\nDelivered-To: u@example.net\n"
        f"{PICKUP}X-Sieve: Pigeonhole Sieve 0.5.19\nX-Sieve-Redirected-From: w@example.net\n"
        f"{LMTP}{OUTSIDE}From: a\n"
    )
    assert found.x_original_to == "team@example.net"
    assert found.redirected_from == "w@example.net"
    assert found.hops == 3
    assert found.queue_id == "D214320EA21"


def test_a_content_filter_on_loopback_is_passed():
    reinjected = (
        "Received: from localhost (localhost [127.0.0.1])\n\tby mx1.example.net (Postfix) with "
        "ESMTP id 4AAA1\n\tfor <u@example.net>; Sun, 22 Nov 2026 00:53:53 +0000 (UTC)\n"
        "Received: from mx1.example.net ([127.0.0.1])\n\tby localhost (mx1.example.net "
        "[127.0.0.1]) (amavisd-new, port 10024)\n\twith ESMTP id nC9XN; Sun, 22 Nov 2026 00:53:53 "
        "+0000\n"
    )
    found = trace(f"{LMTP}{reinjected}{OUTSIDE}From: a\n")
    assert found.hops == 4
    assert found.queue_id == "4AAA1"
    assert found.received_for == "info@example.net"


@pytest.mark.parametrize(
    "hop",
    [
        "from h (unknown [192.0.2.9]) by mx1.example.net (Postfix) with ESMTP id A1; D",
        "from mx1.example.net (unknown [192.0.2.9]) by mx1.example.net (Postfix) with SMTP id A; D",
        "from localhost (x.test [IPv6:2001:db8::1]) by mx1.example.net (Postfix) with SMTP id A; D",
        "from h (localhost [127.0.0.1]) (Authenticated sender: u) by mx1.example.net (Postfix); D",
        "from h ([127.0.0.1] x) by mx1.example.net (Postfix) with ESMTP id A1; D",
        "from evil??by?mx1.example.net (x.test [192.0.2.9]) by mx1.example.net (Postfix) id A1; D",
    ],
)
def test_a_client_that_is_not_ours_is_the_boundary(hop):
    found = trace(f"Received: {hop}\n{FORGED}From: a\n")
    assert found.hops == 1
    assert found.delivered_to is None
    assert found.lmtp_id is None


@pytest.mark.parametrize(
    "line",
    [
        "from mx1.example.net (mx1.example.net [127.0.0.1]) by mx.foreign.test with LMTP id 1; D",
        "from x by mx1.example.net (y [1.2.3.4]) by mx.foreign.test (Postfix) with ESMTP id 1; D",
        "from (by mx1.example.net) by mx.foreign.test with SMTP id 1; D",
        "by",
        "",
        "((((((((",
        "from a (b [1.2.3.4] by mx1.example.net with LMTP id 1; D",
    ],
)
def test_foreign_and_broken_top_lines_leave_no_trace(line):
    assert trace(f"Received: {line}\nFrom: a\n") == NO_TRACE


def test_an_envelope_sender_cannot_name_a_recipient():
    hop = read_received(
        "from m ([127.0.0.1]) by store1.example.net with LMTP id X "
        '(envelope-from <"x) for <victim@example.net> (y"@x.test>); Sun, 22 Nov 2026 00:53:53 +0000'
    )
    assert hop is not None
    assert hop.recipient is None
    assert hop.agent


def test_without_own_hosts_there_is_no_trace():
    assert trace(LMTP, frozenset()) == NO_TRACE


WORDS = st.sampled_from(
    [
        "from ",
        "by ",
        "mx1.example.net",
        "(",
        ")",
        "[127.0.0.1]",
        " ",
        "\t",
        "with ",
        "LMTP",
        "id ",
        "X1 ",
        "for ",
        "<a@b.test>",
        ";",
        "Postfix",
        "(Postfix) ",
        "(x [192.0.2.1]) ",
        "\\",
        '"',
        "Sun, 22 Nov 2026 00:53:53 +0000",
        "(envelope-from <a@b.test>) ",
        "Authenticated sender: ",
        "é",
        "\x0b",
        "\x1c",
        "\xa0",
    ]
)


@given(st.lists(WORDS, max_size=24).map("".join))
def test_the_quick_way_reads_what_the_slow_way_reads(value):
    assert read_received(value) == _read_unusual(value.replace("\t", " ").strip())


CORPUS = Path(__file__).parents[3] / "build" / "corpus" / "package" / "data"


@pytest.mark.corpus
def test_the_quick_way_reads_real_lines_as_the_slow_way():
    read = 0
    for file in sorted(CORPUS.glob("*/*.txt"))[::4]:
        header = BytesHeaderParser().parsebytes(file.read_bytes())
        for line in header.get_all("received", ()):
            value = str(line).replace("\r", "").replace("\n", "")
            found = read_received(value)
            assert found == _read_unusual(value.replace("\t", " ").strip()), value
            read += found is not None
    if not read:
        lacking("set-up has not downloaded the real messages")
    assert read > 3_000


@given(st.lists(WORDS, max_size=24).map("".join), st.binary(max_size=200))
def test_any_bytes_give_a_trace_or_none(value, rest):
    found, end = own_trace(characters(b"\nReceived: " + value.encode() + b"\n" + rest), HOSTS)
    assert (found.hops > 0) == (end > 0)
    assert end <= len(value.encode()) + len(rest) + 12


@pytest.mark.timeout(5)
@pytest.mark.parametrize("unit", ["(", "()", "from a (", '"\\', "for <", " by x", "((a)"])
def test_long_hostile_lines_take_linear_time(unit):
    value = f"from h ({unit * (250_000 // len(unit))}"
    hop = read_received(value)
    assert hop is None or hop.client_ip is None
