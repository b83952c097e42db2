"""Fields, header hashes and states, held against the standard library."""

import email.parser
import hashlib
import re
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needed import lacking
from postwarden.sources.headers.canonical import BodyHasher
from postwarden.sources.headers.dates import moment_of_date
from postwarden.sources.headers.declared import declared_hashes
from postwarden.sources.headers.facts import header_facts
from postwarden.sources.headers.fields import MAX_BYTES
from postwarden.vocabulary import from_rfc3339

NAMES = ("message-id", "date", "from", "return-path", "to", "cc", "bcc", "list-id")
HOSTS = frozenset({"mx1.example.net"})


def facts(data, *, whole=True):
    found = header_facts(data, HOSTS, whole=whole)
    assert found is not None
    return found


def by_standard_library(data):
    first = {}
    for name, value in email.parser.BytesHeaderParser().parsebytes(data)._headers:
        raw = value.encode("ascii", "surrogateescape").replace(b"\r\n", b"\n").replace(b"\n", b"")
        first.setdefault(name.lower(), raw.decode("utf-8", "replace").strip(" \t\r"))
    return tuple(first.get(name) for name in NAMES)


LINE = st.one_of(
    st.sampled_from(
        [
            b"From: a@x.test",
            b"FROM: b",
            b"To: c,",
            b" d",
            b"\t",
            b"Message-Id:<1@x>",
            b"to : no",
            b"Cc:\xff\xfe",
            "Bcc: ünï".encode(),
            b":",
            b"x",
            b"",
            b"List-ID:  l ",
            b"From me",
            b"Date:",
            b"Return-Path: <>",
            b"From",
            b">From x",
            b"Message-ID",
            b"To:\x00",
        ]
    ),
    st.binary(max_size=12),
)


@given(st.lists(LINE, max_size=14), st.sampled_from([b"\n", b"\r\n"]))
def test_fields_equal_the_standard_library(lines, end):
    data = end.join(lines)
    if re.search(rb"\r(?!\n)", data):  # only the standard library ends lines at a lone CR
        data = data.replace(b"\r", b"")
    assert tuple(facts(data).fields) == by_standard_library(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_complaint(data):
    assert facts(data).state in ("read", "binary")


@given(st.lists(LINE, max_size=14).map(b"\n".join), st.integers(0, 200))
def test_a_header_cut_anywhere_is_read_on_or_read_alike(data, cut):
    whole = facts(data + b"\n\nbody")
    part = header_facts((data + b"\n\nbody")[:cut], HOSTS, whole=False)
    assert part is None or part == whole


CORPUS = Path(__file__).parents[3] / "build" / "corpus" / "package" / "data"


@pytest.mark.corpus
def test_fields_of_real_messages_equal_the_standard_library():
    files = sorted(CORPUS.glob("*/*.txt"))
    if not files:
        lacking("set-up has not downloaded the real messages")
    for file in files[::4]:
        data = file.read_bytes()
        assert tuple(facts(data).fields) == by_standard_library(data), file.name


def test_first_value_wins_and_folding_is_undone():
    found = facts(b"To: a,\r\n\tb\r\nTo: c\r\nSubject: x\r\n\r\nBcc: body\r\n")
    assert found.fields.to == "a,\tb"
    assert found.fields.bcc is None
    assert found.header_size == len(b"To: a,\n\tb\nTo: c\nSubject: x\n\n")


def test_bytes_that_are_no_utf8_become_replacement_characters():
    assert facts("From: J\xf6rg é\n\n".encode("latin-1")).fields.from_ == "J\ufffdrg \ufffd"


def test_the_hash_covers_what_lies_below_the_boundary():
    top = (
        "Return-Path: <a@x.test>\nReceived: from h (h.test [192.0.2.1])\n\tby mx1.example.net "
        "(Postfix) with ESMTP id %s; Sun, 22 Nov 2026 00:53:52 +0000 (UTC)\n"
    )
    rest = "From: a\nTo: b\n\n"
    first, second = facts((top % "A1" + rest).encode()), facts((top % "B2" + rest).encode())
    bare = facts(rest.replace("\n", "\r\n").encode())
    assert first.header_hash == second.header_hash == bare.header_hash
    assert first.header_hash == hashlib.sha256(b"\nFrom: a\nTo: b").hexdigest()[:32]
    assert facts(b"From: other\n\n").header_hash != first.header_hash


def test_header_bombs_are_cut_and_said():
    many = facts(b"From: first\n" + b"X: y\n" * 5_000 + b"To: late\n\n")
    assert many.state == "oversized-header"
    assert many.fields.from_ == "first"
    assert many.fields.to is None
    long = facts(b"From: first\nX: " + b"y" * (2 * MAX_BYTES), whole=False)
    assert long.state == "oversized-header"
    assert long.fields.from_ == "first"


def test_junk_without_a_header_is_binary():
    assert facts(b"\x7fELF\x00\x00\x00").state == "binary"
    assert facts(b"").state == "read"
    assert facts(b"just text\n").state == "read"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (" Sun, 22 Nov 2026 01:53:52 +0100 (CET)", "2026-11-22T00:53:52Z"),
        ("22 nov 2026 00:53 -0330", "2026-11-22T04:23:00Z"),
        ("Tue, 31 Feb 2026 00:00:00 +0000", None),
        ("Sun, 22 Nov 2026 24:00:00 +0000", None),
        ("Sun, 22 Nov 0000 01:00:00 +0000", None),
        ("yesterday", None),
        ("9" * 10_000, None),
    ],
)
def test_dates_of_trace_lines(text, moment):
    assert moment_of_date(text) == (moment and from_rfc3339(moment))


def sha256(data):
    return b64encode(hashlib.sha256(data).digest()).decode()


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        (b"", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n"),  # RFC 6376 3.4.5
        (b"no end", b"no end\r\n", b"no end\r\n"),
        (b"a\n\n \n\t\n", b"a\r\n\r\n \r\n\t\r\n", b"a\r\n"),
        (b"\n\nx\r", b"\r\n\r\nx\r\r\n", b"\r\n\r\nx\r\r\n"),
    ],
)
def test_canonical_bodies(body, simple, relaxed):
    for size in (1, 2, 3, 100):
        hasher = BodyHasher()
        for place in range(0, len(body), size):
            hasher.add(body[place : place + size])
        sized = len(body) - body.count(b"\r\n") + body.count(b"\n")
        assert hasher.finish() == (sha256(simple), sha256(relaxed), sized)


def test_known_hashes_of_the_empty_body():
    assert BodyHasher().finish() == (
        "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        0,
    )  # RFC 6376 sections 3.4.3 and 3.4.4


def test_declared_hashes():
    value = b" v=1; a=%s; c=%s; %sbh=frcCV1k9oG9oKj3dpUqd\n\tJg1PxRT2RSN/XKdLCPjaYaY=; b=AAA"
    hashed = "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY="
    assert declared_hashes([value % (b"rsa-sha256", b"relaxed/relaxed", b"")]) == f"r:{hashed}"
    assert declared_hashes([value % (b"ed25519-sha256", b"relaxed", b"")] * 2) == f"s:{hashed}"
    assert not declared_hashes([value % (b"rsa-sha1", b"relaxed/simple", b"")])
    assert not declared_hashes([value % (b"rsa-sha256", b"relaxed/simple", b"l=10; ")])
    assert not declared_hashes([b"a=rsa-sha256; bh=<script>", b"", b";;;=", b"\xff"])
