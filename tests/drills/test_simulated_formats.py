"""The simulator's files look as real Postfix 3.7.11 and Dovecot 2.3.19.1 write them.

Lines in samples/ were captured from real servers. The expressions must match them, and every
simulated line must match an expression.
"""
# ruff: noqa: E501 (log lines are as long as the servers write them)

import gzip
import json
import lzma
import re
import tomllib
from pathlib import Path

import pytest

from postwarden.drills.simulated import simulate

SAMPLES = Path(__file__).parent / "samples"
STAMP = r"(?:Nov 20 \d\d:\d\d:\d\d|2026-11-\d\dT\d\d:\d\d:\d\d\.\d{6}\+01:00)"
QUEUE_ID = r"(?:[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,12}z[0-9B-DF-Zb-df-z]{3,6}|[0-9A-F]{10,12})"
SESSION = r"[A-Za-z0-9+/]{22}(?::T\d+)?(?::R\d+)?"
DELAYS = r"delay=[0-9.e+]+, delays=[0-9.e+/]+"

POSTFIX = [
    r"postfix/(?:reinject/)?smtpd\[\d+\]: connect from \S+\[[0-9.]+\]",
    r"postfix/(?:reinject/)?smtpd\[\d+\]: disconnect from \S+\[[0-9.]+\] .*commands=[0-9/]+",
    rf"postfix/(?:reinject/)?smtpd\[\d+\]: {QUEUE_ID}: client=\S+\[[0-9.]+\](?:, sasl_method=PLAIN, sasl_username=\S+)?",
    rf"postfix/pickup\[\d+\]: {QUEUE_ID}: uid=\d+ from=<[^>]*>",
    rf"postfix/cleanup\[\d+\]: {QUEUE_ID}: (?:message-id=.*|hold: header .*)",
    rf"postfix/qmgr\[\d+\]: {QUEUE_ID}: from=<[^>]*>, size=\d+, nrcpt=\d+ \(queue active\)",
    rf"postfix/qmgr\[\d+\]: {QUEUE_ID}: removed",
    r"postfix/smtpd\[\d+\]: NOQUEUE: reject: RCPT from .* helo=<[^ <>()@;]*>",
    r"postfix/postsuper\[\d+\]: \w+: released from hold",
    rf"postfix/lmtp\[\d+\]: {QUEUE_ID}: to=<[^>]+>, (?:orig_to=<[^>]+>, )?relay=127.0.0.1\[127.0.0.1\]:\d+, (?:conn_use=\d+, )?{DELAYS}, dsn=2.0.0, status=sent \(250 2.0.0 <[^>]+> {SESSION} Saved\)",
    rf"postfix/lmtp\[\d+\]: {QUEUE_ID}: to=<[^>]+>, (?:orig_to=<[^>]+>, )?relay=none, {DELAYS}, dsn=4.4.1, status=deferred \(connect to 127.0.0.1\[127.0.0.1\]:\d+: Connection refused\)",
    rf"postfix/lmtp\[\d+\]: {QUEUE_ID}: to=<[^>]+>, (?:orig_to=<[^>]+>, )?relay=127.0.0.1\[127.0.0.1\]:\d+, {DELAYS}, dsn=5.1.1, status=bounced \(host 127.0.0.1\[127.0.0.1\] said: 550 5.1.1 .*\)",
    rf"postfix/smtp\[\d+\]: {QUEUE_ID}: to=<[^>]+>, (?:orig_to=<[^>]+>, )?relay=\S+\[[0-9.]+\]:\d+, {DELAYS}, dsn=2.0.0, status=sent \(250 .*\)",
    rf"postfix/pipe\[\d+\]: {QUEUE_ID}: to=<[^>]+>, relay=lists, {DELAYS}, dsn=2.0.0, status=sent \(delivered via lists service\)",
]
STORAGE = r"\d{10}\.M\d+P\d+\.\w+,S=\d+,W=\d+"
DOVECOT = [
    r"lmtp\(\d+\): (?:Info: )?Connect from 127.0.0.1",
    rf"lmtp\([^)]+\)<\d+><{SESSION}>: (?:Info: )?save: box=[^,]+, uid=\d+, msgid=.*, size=\d+, from=.*",
    (
        rf"lmtp\([^)]+\)<\d+><{SESSION}>: (?:Info: )?(?:sieve: )?msgid=(?:<[^>]+>|unspecified), from=\S*, size=\d+, storage_id=(?:{STORAGE})? to_envelope=\S+ from_envelope=\S*: "
        r"(?:saved mail to .*|(?:fileinto action: )?stored mail into mailbox '.*'|redirect action: forwarded to <.*>|discard action: .*)"
    ),
    r"(?:imap|pop3)-login: (?:Info: )?Login: user=<[^>]+>, method=PLAIN, rip=[0-9.]+, lip=[0-9.]+, mpid=\d+, (?:TLS|secured), session=<[^>]+>, auth_user=<[^>]+>",
    r"(?:imap|dsync-server)\([^)]+\)<\d+><[^>]+>: (?:Info: )?(?:save|copy from [^:]+|expunge|delete|flag_change): box=[^,]+, uid=\d+, msgid=.*, size=\d+, from=.*",
    r"imap\([^)]+\)<\d+><[^>]+>: (?:Info: )?Disconnected: Logged out in=\d+ out=\d+ deleted=\d+ expunged=\d+ trashed=\d+ hdr_count=\d+ hdr_bytes=\d+ body_count=\d+ body_bytes=\d+",
    r"pop3\([^)]+\)<\d+><[^>]+>: (?:Info: )?expunge: box=INBOX, uid=\d+, msgid=.*, size=\d+, from=.*",
    r"pop3\([^)]+\)<\d+><[^>]+>: (?:Info: )?Disconnected: Logged out top=\d+/\d+, retr=\d+/\d+, del=\d+/\d+, size=\d+",
]
REAL_POSTFIX = (SAMPLES / "postfix.log").read_text().splitlines()
REAL_DOVECOT = (SAMPLES / "dovecot.log").read_text().splitlines()
WORLDS = [
    "demo",
    "mixed",
    "alias-shifted-filtered",
    "delivered-after-mending",
    "sieve-actions",
    "local-list",
    "resent-to-everyone",
    "imapsync-right",
    "dsync-right",
    "srs",
    "forged-trace",
]


def matcher(patterns: list[str], head: str) -> re.Pattern[str]:
    return re.compile(f"{STAMP} {head}(?:{'|'.join(patterns)})")


POSTFIX_LINE = matcher(POSTFIX, "mx1 ")
DOVECOT_LINE = matcher(DOVECOT, "(?:mx1 dovecot: )?")


def log_lines(out: Path, name: str) -> list[str]:
    packed = [
        gzip.decompress((out / "log" / f"{name}.2.gz").read_bytes()),
        lzma.decompress((out / "log" / f"{name}.1.xz").read_bytes()),
        (out / "log" / name).read_bytes(),
    ]
    return b"".join(packed).decode().split("\n")[:-1]


@pytest.mark.parametrize("line", REAL_POSTFIX)
def test_the_expressions_know_real_postfix(line):
    assert POSTFIX_LINE.fullmatch(line)


@pytest.mark.parametrize("line", REAL_DOVECOT)
def test_the_expressions_know_real_dovecot(line):
    assert DOVECOT_LINE.fullmatch(line)


@pytest.mark.parametrize("world", WORLDS)
def test_every_simulated_line_is_one_that_real_servers_write(world, tmp_path):
    simulate(world, tmp_path / "out", accounts=12, messages=60)
    postfix, dovecot = (log_lines(tmp_path / "out", name) for name in ("mail.log", "dovecot.log"))
    assert postfix
    assert dovecot
    assert [line for line in postfix if not POSTFIX_LINE.fullmatch(line)] == []
    assert [line for line in dovecot if not DOVECOT_LINE.fullmatch(line)] == []


@pytest.mark.parametrize(("world", "bare"), [("demo", False), ("mixed", True)])
def test_events_are_json_with_or_without_the_prefix_of_the_log(world, bare, tmp_path):
    simulate(world, tmp_path / "out", accounts=12, messages=60)
    names = set()
    for line in log_lines(tmp_path / "out", "events.log"):
        assert line.startswith("{") is bare
        event = json.loads(line if bare else line.partition(" stats: Info: ")[2])
        assert event["fields"]["user"].endswith("@example.net")
        assert {"hostname", "start_time", "end_time"} <= set(event)
        names.add(event["event"])
    assert names == {"mail_opened", "imap_command_finished", "auth_request_finished"}


def test_long_queue_ids_carry_the_time_of_acceptance(tmp_path):
    simulate("demo", tmp_path / "out", accounts=8, messages=5)
    digits = "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"
    line = log_lines(tmp_path / "out", "mail.log")[1]
    seconds = 0
    for digit in re.search(r"\]: (\w{6})", line).group(1):
        seconds = seconds * 52 + digits.index(digit)
    hours, minutes, second = (int(part) for part in line.split()[2].split(":"))
    assert seconds == 1_795_129_200 + hours * 3600 + minutes * 60 + second


def test_the_configuration_has_the_keys_that_the_issue_fixes(tmp_path):
    simulate("bcc-maps", tmp_path / "out", accounts=10, messages=5)
    config = tomllib.loads((tmp_path / "out" / "postwarden.toml").read_text())
    assert config["provider"]["domains"] == ["example.net"]
    assert config["provider"]["hosts"][0] == "mx1.example.net"
    assert config["stores"] == [
        {"name": "store1", "driver": "maildir", "path": "vmail/{domain}/{local}/Maildir"}
    ]
    assert [entry["format"] for entry in config["logs"]] == ["postfix", "dovecot", "dovecot-events"]
    assert config["evidence"]["master_users"] == ["migration"]
    (directory,) = config["directories"]
    tables = [directory["accounts"], *directory["aliases"], *directory["bcc"]]
    assert all((tmp_path / "out" / table["path"]).is_file() for table in tables)


def test_a_changed_directory_is_several_with_their_times(tmp_path):
    simulate("reassigned-address", tmp_path / "out", accounts=10, messages=5)
    config = tomllib.loads((tmp_path / "out" / "postwarden.toml").read_text())
    first, second = config["directories"]
    assert first["valid_to"] == second["valid_from"] == "2026-11-20T12:00:00+01:00"
    assert "valid_from" not in first
    assert "valid_to" not in second


def test_the_faulty_map_of_the_demo_is_the_intended_one_shifted_by_a_line(tmp_path):
    simulate("demo", tmp_path / "out", accounts=10, messages=5)
    intended, faulty = (
        [line.split("\t") for line in (tmp_path / "out/directory" / name).read_text().splitlines()]
        for name in ("virtual", "virtual.faulty")
    )
    assert [key for key, _ in intended] == [key for key, _ in faulty]
    values = [value for _, value in intended]
    assert [value for _, value in faulty] == values[1:] + values[:1]
