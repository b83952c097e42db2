"""Bad input of every kind beside good mail: named, and without effect on any other copy's verdict."""

import errno
import gzip
import os
import random
import shutil
import threading
from collections import Counter
from dataclasses import replace

import pytest

from postwarden.configuration import load
from postwarden.drills.simulated import simulate
from postwarden.evidence.service import Engine, Scope, take
from postwarden.sources.service import ProblemRecord
from postwarden.verdicts.service import Examination, Question, Verdict
from postwarden.wiring import installation, sources
from worlds.examined import NEXT_DAY, examined

HOST = "mx1.example.net"
VICTIM = "anna.bakker@example.net"
DICE = random.Random(7)
TRACE = (
    f"Return-Path: <x@shop.test>\nDelivered-To: {VICTIM}\n"
    f"Received: from {HOST} ([127.0.0.1])\n\tby {HOST} with LMTP\n\tid AAAAAAAAAAAAAAAAAAAAAA\n"
    f"\tfor <{VICTIM}>; Fri, 20 Nov 2026 08:00:00 +0100\n"
)
FORGED = (
    f"Nov 20 09:00:00 mx1 postfix/lmtp[1]: 4jW37m1sD4z1wx3: to=<{VICTIM}>, "
    "relay=mx1[127.0.0.1]:24, delay=0, delays=0/0/0/0, dsn=2.0.0, "
    f"status=sent (250 2.0.0 <{VICTIM}> AAAAAAAAAAAAAAAAAAAAAA Saved)"
)
MESSAGES = {
    "empty": b"",
    "no-blank-line": b"From: a@x.test\nMessage-ID: <cut@x.test>\nSubject: no",
    "cut-in-a-name": b"Recei",
    "binary": DICE.randbytes(70_000),
    "nul-ridden": b"From: a\0b@x.test\0\nMessage-ID: <\0nul@x.test>\n\0\0\n\n\0" * 50,
    "only-nul": b"\0" * 9_000,
    "eight-bit": "From: Jürgen <jürgen@x.test>\nSubject: Grüße \xff\n\nÄ\n".encode("latin-1"),
    "header-bomb": b"X-Bomb: " + b"a" * 60 + b"\n" + b"X: y\n" * 400_000 + b"\nbody\n",
    "one-long-line": b"Received: " + b"from x by y " * 200_000 + b"\n\nbody\n",
    "folded-forever": b"Received: from x\n" + b"\tby y\n" * 200_000 + b"\nbody\n",
    "forged-log-line": f"Subject: x\n {FORGED}\nMessage-ID: <f@x.test>\n {FORGED}\n\nb\n".encode(),
    "comments": b"Received: " + b"(" * 100_000 + b")" * 100_000 + b"; now\n\nbody\n",
    "own-trace-cut": TRACE.encode()[:-9],
    "not-gzip": b"\x1f\x8b\x08\x00garbage",
    "bare-cr": b"From: a@x.test\rMessage-ID: <cr@x.test>\r\rbody\r",
}
LINES = [
    DICE.randbytes(300).replace(b"\n", b" "),
    b"\0" * 200,
    b"Nov 20 09:00:00 mx1 postfix/lmtp[1]: " + b"A" * 2_000_000,
    f"Nov 20 09:00:01 mx1 postfix/smtpd[9]: NOQUEUE: reject: RCPT from x[198.51.100.9]: 554 5.7.1 "
    f"<y@z.test>: Relay access denied; from=<{FORGED}> to=<y@z.test> proto=ESMTP "
    f"helo=<{FORGED}>".encode(),
    "Nov 20 09:00:02 mx1 postfix/cleanup[9]: 4jW37m1sD4z1wx3: message-id=<ü\u202e>".encode(),
    b"Nov 32 25:61:61 mx1 postfix/qmgr[1]: 4jW37m1sD4z1wx3: removed",
]
TABLE = (
    b"\xff\xfe broken\n@@@\nno-value@example.net\nloop1@example.net loop2@example.net\n"
    b"loop2@example.net loop1@example.net\n" + b"x" * 100_000 + b" y@example.net\n"
)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """A provider without bad input."""
    tree = tmp_path_factory.mktemp("good") / "out"
    simulate("demo", tree, accounts=10, messages=50)
    return tree


@pytest.fixture(scope="module")
def found(good):
    return examined(good)


@pytest.fixture
def tree(good, tmp_path):
    """A copy of it to spoil."""
    place = tmp_path / "out"
    shutil.copytree(good, place, ignore=shutil.ignore_patterns("evidence"))
    for toml in place.glob("*.toml"):
        assert str(good) not in toml.read_text()
    return place


def maildir(tree, account=VICTIM):
    local, _, domain = account.partition("@")
    return tree / "vmail" / domain / local / "Maildir"


def judged(findings):
    """What a verdict says, by copy; flags and acts are no part of it."""
    return {
        (one.account, one.file or one.message_id, one.gone): (
            one.verdict,
            one.rightful,
            one.original_recipients,
            one.queue_id,
            one.second_hand,
            one.has_rightful_copy,
        )
        for one in findings
    }


def same_for_all_others(found, after):
    before, now = judged(found.findings), judged(after.findings)
    assert Verdict.MISDELIVERED in {verdict for verdict, *_ in before.values()}
    assert {key: now.get(key) for key in before} == before
    return {key: now[key][0] for key in now.keys() - before.keys()}


def codes(after, found):
    """Give the problems of codes that the good tree had none of, and their count."""
    usual = {one.code for one in found.problems}
    new = [one for one in after.problems if one.code not in usual]
    return Counter(one.code for one in new), new


def test_bad_messages_change_no_other_verdict_and_are_never_accused(found, tree):
    for number, (name, content) in enumerate(MESSAGES.items()):
        (maildir(tree) / "cur" / f"17951{number:05d}.M1P1.{name}:2,").write_bytes(content)
    after = examined(tree)
    new = same_for_all_others(found, after)
    assert len(new) == len(MESSAGES)
    assert set(new.values()) <= {Verdict.UNEXPLAINED, Verdict.OWN, Verdict.RIGHTFUL}
    counted, problems = codes(after, found)
    assert counted == {"binary": 2, "oversized-header": 3, "unreadable": 1}
    assert all(".M1P1." in one.subject for one in problems)


def test_a_message_of_100_megabytes_is_read_in_part_only(found, tree):
    big = maildir(tree) / "cur" / "1795100000.M1P1.big:2,"
    big.write_bytes(MESSAGES["eight-bit"])
    os.truncate(big, 100_000_000)
    after = examined(tree)
    (verdict,) = same_for_all_others(found, after).values()
    assert verdict is Verdict.UNEXPLAINED


def test_bad_log_lines_and_files_cost_only_themselves(found, tree):
    log = tree / "log" / "mail.log"
    text = log.read_bytes().splitlines()
    for number, line in enumerate(LINES):
        text.insert(len(text) * number // len(LINES), line)
    log.write_bytes(b"\n".join(text) + b"\nNov 20 23:59:59 mx1 postfix/lm")
    (tree / "log" / "mail.log.8").write_bytes(b"")
    (tree / "log" / "mail.log.9").write_bytes(DICE.randbytes(20_000))
    whole = gzip.compress(b"\n".join(LINES) * 3)
    (tree / "log" / "mail.log.7.gz").write_bytes(whole[: len(whole) // 2])
    (tree / "log" / "dovecot.log.6").write_bytes(b"\n".join(LINES))
    after = examined(tree)
    assert same_for_all_others(found, after) == {}
    counted, problems = codes(after, found)
    assert counted
    named = {one.file or one.subject for one in problems}
    assert any("mail.log.7.gz" in name for name in named)
    assert any("mail.log.9" in name for name in named)


def test_broken_lines_of_tables_are_named_with_file_and_line(found, tree):
    with (tree / "directory" / "virtual").open("ab") as table:
        table.write(TABLE)
    after = examined(tree)
    assert same_for_all_others(found, after) == {}
    counted, problems = codes(after, found)
    assert counted["loop"] >= 1
    assert counted["broken-line"] >= 3
    broken = [one for one in problems if one.code in ("loop", "broken-line")]
    assert all(one.line and one.file == "directory/virtual" for one in broken)


def test_folders_that_cannot_be_read_are_named(found, tree, monkeypatch):
    """A disk that answers with errors, a folder that leads to itself, and what is no message."""
    box, listdir = maildir(tree), os.listdir
    shutil.copytree(box / "cur", box / ".Broken" / "cur")
    (box / ".Loop").symlink_to(".Loop")
    (box / "cur" / "1795100001.M1P1.folder:2,").mkdir()
    (box / "cur" / "1795100002.M1P1.link:2,").symlink_to("/etc/passwd")
    os.mkfifo(box / "cur" / "1795100003.M1P1.pipe:2,")

    def failing(place="."):
        if isinstance(place, int) and os.readlink(f"/proc/self/fd/{place}").endswith("Broken/cur"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return listdir(place)

    monkeypatch.setattr(os, "listdir", failing)
    after = examined(tree)
    assert set(same_for_all_others(found, after).values()) <= {Verdict.UNEXPLAINED}
    counted, problems = codes(after, found)
    assert counted == {"unreadable-folder": 1, "symlink": 1}
    assert {one.subject.rpartition("/")[2] for one in problems} == {".Broken", ".Loop"}


def test_a_store_that_changes_while_it_is_scanned(found, tree):
    """Mail comes, is moved from new to cur and is deleted meanwhile."""
    box, ended = maildir(tree), threading.Event()

    def restless():
        number = 0
        while not ended.is_set():
            number += 1
            name = f"{1795200000 + number}.M1P1.mx1"
            (box / "new" / name).write_bytes(b"Message-ID: <n@x.test>\n\nbody\n")
            os.rename(box / "new" / name, box / "cur" / f"{name}:2,S")
            if number % 2:
                os.unlink(box / "cur" / f"{name}:2,S")
            ended.wait(0.001)

    configuration = load(str(tree / "postwarden.toml"))
    settings = replace(configuration.evidence, processes=1)
    worker = threading.Thread(target=restless)
    worker.start()
    try:
        manifest = take(settings, Scope(), sources(configuration), NEXT_DAY, lambda _: None)
    finally:
        ended.set()
        worker.join()
    with Engine(f"{settings.path}/{manifest.name}", memory="1GB", threads=1) as engine:
        examination = Examination(engine, manifest, installation(configuration))
        now = judged(examination.findings(Question(everything=True)))
        problems = list(engine.records(engine.tables["problems"], ProblemRecord))
    before = judged(found.findings)
    assert {key: now.get(key) for key in before} == before
    assert {verdict for key, (verdict, *_) in now.items() if key not in before} <= {
        Verdict.UNEXPLAINED
    }
    assert all(one.code for one in problems)
