"""Maildirs, hostile ones too; nothing in them may change."""

import bz2
import gzip
import hashlib
import os
import stat
import sys
import threading
from base64 import b64decode

import pytest
import zstandard

from postwarden.sources.errors import PermanentSourceError
from postwarden.sources.maildir import folder as folder_module
from postwarden.sources.maildir.mailbox import (
    KnownFolder,
    Mailbox,
    ReadOptions,
    read_mailbox,
    scan_mailbox,
)
from postwarden.sources.maildir.template import mailboxes
from postwarden.sources.records import CopyRecord, ProblemRecord
from postwarden.sources.settings import StoreSettings
from postwarden.vocabulary import Provider

PROVIDER = Provider("Example", frozenset({"example.net"}), frozenset({"mx1.example.net"}))
MESSAGE = b"Return-Path: <a@x.test>\nMessage-ID: <1@x.test>\nFrom: a@x.test\nTo: b\n\nbody\n"


@pytest.fixture
def box(tmp_path):
    path = tmp_path / "example.net" / "u" / "Maildir"
    for name in ("cur", "new", "tmp"):
        (path / name).mkdir(parents=True)
    return path


def put(box, name, data=MESSAGE, folder="cur"):
    place = box / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(data)
    return place / name


def read(box, options=ReadOptions()):  # noqa: B008 - frozen
    found = list(read_mailbox(Mailbox("s", "u@example.net", str(box)), PROVIDER, options))
    copies = [one for one in found if isinstance(one, CopyRecord)]
    return copies, [one for one in found if isinstance(one, ProblemRecord)]


def fingerprint(place):
    """Everything a reader could change, taken without changing it."""
    status = os.lstat(place)
    found = {str(place): (*status[:7], status.st_mtime_ns, status.st_atime_ns, status.st_ctime_ns)}
    descriptor = os.open(place, os.O_RDONLY | os.O_NOATIME)
    try:
        if not stat.S_ISDIR(status.st_mode):
            return {str(place): (*found[str(place)], os.read(descriptor, 10_000))}
        for name in os.listdir(descriptor):
            found |= fingerprint(f"{place}/{name}")
    finally:
        os.close(descriptor)
    return found


def test_folders_flags_and_lists(box):
    put(box, "1.M1.vm,S=78,W=83:2,RS")
    put(box, "2.M2.vm", folder="new")
    put(box, "3.M3.vm", folder="tmp")
    put(box, "4.M4.vm:2,Sab", folder=".Archive.2026/cur")
    put(box, "5.M5.vm:2,", folder=".Entw&APw-rfe/cur")
    put(box, "6.M6.vm:2,", folder=".Gesendet ä&-b/cur")
    put(box, ".hidden")
    (box / "dovecot-uidlist").write_bytes(
        b"3 V1 N4 G0123\n7 G00ff W83 :1.M1.vm,S=78,W=83\nx\n9 :2.M2.vm:2,\n"
    )
    (box / ".Archive.2026" / "dovecot-uidlist").write_bytes(b"1 1700000000 12\n11 4.M4.vm:2,S\n")
    (box / ".Archive.2026" / "dovecot-keywords").write_bytes(b"0 $Forwarded\n1 $Label1\n")
    os.utime(box / "cur" / "1.M1.vm,S=78,W=83:2,RS", (5, 1_700_000_000))
    copies, problems = read(box)
    assert problems == []
    by_file = {copy.file: copy for copy in copies}
    assert sorted((c.folder, c.file) for c in copies) == [
        ("Archive/2026", ".Archive.2026/cur/4.M4.vm"),
        ("Entwürfe", ".Entw&APw-rfe/cur/5.M5.vm"),
        ("Gesendet ä&b", ".Gesendet ä&-b/cur/6.M6.vm"),
        ("INBOX", "cur/1.M1.vm,S=78,W=83"),
        ("INBOX", "new/2.M2.vm"),
    ]
    first = by_file["cur/1.M1.vm,S=78,W=83"]
    assert (first.uid, first.guid, first.flags, first.keywords) == (7, "00ff", "RS", "")
    assert first.internal_date == 1_700_000_000_000_000
    assert first.size == len(MESSAGE)
    assert first.return_path == "<a@x.test>"
    second = by_file["new/2.M2.vm"]
    assert (second.uid, second.guid, second.flags) == (9, "2.M2.vm", "")
    fourth = by_file[".Archive.2026/cur/4.M4.vm"]
    assert (fourth.uid, fourth.flags, fourth.keywords) == (11, "S", "$Forwarded $Label1")


def test_nothing_changes(tmp_path, box):
    put(box, "1.M1.vm:2,S")
    put(box, "2.M2.vm", folder=".A/new")
    (box / "dovecot-uidlist").write_bytes(b"3 V1 N4 G0\n7 :1.M1.vm\n")
    for path, _, files in os.walk(tmp_path):
        for name in [".", *files]:
            os.utime(os.path.join(path, name), (1, 2_000_000_000))  # any read would show
    before = fingerprint(tmp_path)
    found = list(
        mailboxes(StoreSettings("s", "maildir", f"{tmp_path}/{{domain}}/{{local}}/Maildir"))
    )
    assert [one.account for one in found] == ["u@example.net"]
    copies, _ = read(box, ReadOptions(content_hash=True))
    assert len(copies) == 2
    mailbox = Mailbox("s", "u@example.net", str(box))
    known = {"": KnownFolder(None, {"1.M1.vm"})}
    assert len(list(scan_mailbox(mailbox, PROVIDER, ReadOptions(), known))) == 2
    assert fingerprint(tmp_path) == before


@pytest.mark.parametrize(
    "press", [gzip.compress, bz2.compress, zstandard.ZstdCompressor().compress]
)
@pytest.mark.parametrize("stated", [f",S={len(MESSAGE)}", ""])
def test_compressed_messages_are_read_through(box, press, stated):
    put(box, f"1.M1.vm{stated}:2,", press(MESSAGE))
    put(box, "2.M2.vm:2,")
    (pressed, plain), problems = read(box, ReadOptions(content_hash=True))
    assert problems == []
    assert pressed.size == len(MESSAGE)
    assert pressed[10:] == plain[10:]
    assert plain.content_hash is not None
    (quick, _), _ = read(box)
    assert quick.message_id == "<1@x.test>"
    assert quick.content_hash is None


def test_damaged_and_unknown_compression_is_unreadable(box):
    put(box, "1:2,", gzip.compress(os.urandom(9_000))[:4_000])
    put(box, "2:2,", b"Dovecot-LZ4\r*\x9b\xc5" + b"x" * 50)
    put(box, "3:2,", b"\x28\xb5\x2f\xfd" + b"x" * 50)
    copies, problems = read(box)
    assert [copy.state for copy in copies] == ["unreadable"] * 3
    assert [problem.code for problem in problems] == ["unreadable"] * 3


def test_encrypted_messages_are_recognised_and_counted(box):
    for name in ("1", "2"):
        put(box, f"{name},S=900:2,", b"CRYPTED\x03\x07" + os.urandom(100))
    copies, problems = read(box)
    assert [(copy.state, copy.size) for copy in copies] == [("encrypted", 900)] * 2
    assert [problem.code for problem in problems] == ["encrypted"]
    assert "2 messages" in problems[0].detail


def test_hostile_messages_do_not_touch_their_neighbours(box):
    put(box, "1:2,")
    put(box, "2:2,", b"\x00" * 5_000)
    put(box, "3:2,", b"From: bomb\n" + b"X: y\n" * 200_000 + b"\n")
    put(box, "4:2,", b"From: a\x00b\nTo: \xff\n\n")
    put(box, "5:2,", b"")
    put(box, "6:2,", b"From: far\nX: " + b"z" * 20_000 + b"\nTo: late\n\n")
    put(box, "7:2,", b"\x1f\x8b\x08" + b"\x00" * 10)
    copies, _ = read(box, ReadOptions(content_hash=True))
    states = [copy.state for copy in copies]
    assert states == ["read", "binary", "oversized-header", "read", "read", "read", "unreadable"]
    assert copies[0].message_id == "<1@x.test>"
    assert copies[3].to == "\ufffd"
    assert copies[5].to == "late"


def test_of_a_hundred_megabytes_only_the_header_is_read(box, monkeypatch):
    place = put(box, "1:2,", b"From: a\n\n")
    os.truncate(place, 100 * 1024 * 1024)
    amounts = []
    real = os.read
    monkeypatch.setattr(os, "read", lambda fd, n: amounts.append(n) or real(fd, n))
    (copy,), problems = read(box)
    assert problems == []
    assert copy.size == 100 * 1024 * 1024
    assert sum(amounts) <= 65_536


def test_long_bodies_are_hashed_in_blocks(box):
    place = put(box, "1:2,", b"From: a\n\n")
    os.truncate(place, 4 * 1024 * 1024)
    (copy,), _ = read(box, ReadOptions(content_hash=True))
    body = hashlib.sha256(b"\x00" * (copy.size - 9) + b"\r\n")
    assert b64decode(copy.content_hash) == body.digest()


def test_links_pipes_and_folders_among_messages_are_passed(tmp_path, box):
    secret = tmp_path / "secret"
    secret.write_bytes(MESSAGE)
    (box / "cur" / "1:2,").symlink_to(secret)
    os.mkfifo(box / "cur" / "2:2,")
    (box / "cur" / "3:2,").mkdir()
    (box / ".Linked").symlink_to(tmp_path)
    put(box, "4:2,")
    os.link(box / "cur" / "4:2,", box / "cur" / "5:2,")
    copies, problems = read(box)
    assert [copy.file for copy in copies] == ["cur/4", "cur/5"]
    assert [problem.code for problem in problems] == ["symlink"]


def test_a_message_that_moves_while_scanned_is_found_again_or_called_vanished(box, monkeypatch):
    put(box, "1:2,")
    put(box, "2:2,")
    put(box, "3", folder="new")
    whole = folder_module._Reading.list_messages

    def moving(self):
        for base, place in whole(self):
            if base == "1":
                os.rename(box / "cur" / "2:2,", box / "cur" / "2:2,S")
                os.unlink(box / "new" / "3")
            yield base, place

    monkeypatch.setattr(folder_module._Reading, "list_messages", moving)
    copies, problems = read(box)
    assert [(c.file, c.flags, c.state) for c in copies] == [
        ("cur/1", "", "read"),
        ("cur/2", "S", "read"),
        ("new/3", "", "vanished"),
    ]
    assert [problem.code for problem in problems] == ["vanished"]


def test_known_messages_are_not_read_again(box):
    put(box, "1:2,S")
    put(box, "2:2,")
    put(box, "3:2,", folder=".A/cur")
    mailbox = Mailbox("s", "u@example.net", str(box))
    first = {scan.directory: scan for scan in scan_mailbox(mailbox, PROVIDER, ReadOptions())}
    known = {
        "": KnownFolder(None, {"1"}),
        ".A": KnownFolder(first[".A"].stamp, {"3"}),
    }
    again = {s.directory: s for s in scan_mailbox(mailbox, PROVIDER, ReadOptions(), known)}
    assert again[".A"].unchanged
    assert [seen[:3] for seen in again[""].seen] == [("1", "cur/1", "S")]
    assert [copy.file for copy in again[""].copies] == ["cur/2"]


def as_nobody(work):
    """Run in a child without root's rights; give whether it succeeded."""
    child = os.fork()
    if not child:
        code = 1
        try:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)
            work()
            code = 0
        except BaseException as error:  # noqa: BLE001 - the child must end here, whatever happened
            print(repr(error), file=sys.stderr)
        os._exit(code)
    return os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give rights up")
def test_unreadable_folders_are_named_and_the_rest_is_read(tmp_path, box):
    put(box, "1:2,")
    put(box, "2:2,", folder=".Secret/cur")
    os.chmod(box / ".Secret", 0o700)
    put(box, "3:2,")
    os.chmod(box / "cur" / "3:2,", 0o600)
    place = tmp_path
    while place != place.parent:
        if not place.stat().st_mode & stat.S_IXOTH:
            place.chmod(place.stat().st_mode | stat.S_IXOTH)
        place = place.parent

    def work():
        copies, problems = read(box)
        assert [(c.file, c.state) for c in copies] == [("cur/1", "read"), ("cur/3", "unreadable")]
        assert [p.code for p in problems] == ["unreadable", "unreadable-folder", "access-time"]

    assert as_nobody(work)


@pytest.mark.parametrize("made", ["file", "link"])
def test_what_should_be_a_folder_of_messages_is_named_and_the_rest_is_read(tmp_path, box, made):
    put(box, "1:2,", folder="new")
    (box / "cur").rmdir()
    if made == "file":
        (box / "cur").write_text("")
    else:
        (box / "cur").symlink_to(tmp_path)
    copies, problems = read(box)
    assert [copy.file for copy in copies] == ["new/1"]
    assert [(one.code, one.detail) for one in problems] == [("unreadable", "is not a folder")]


def test_missing_mailbox_is_a_problem(tmp_path):
    assert [problem.code for problem in read(tmp_path / "no")[1]] == ["unreadable-folder"]


def test_template_finds_accounts_and_stays_in_the_store(tmp_path):
    for name in ("b.test/x", "b.test/.y", "a.test/Z"):
        (tmp_path / "v" / name / "Maildir").mkdir(parents=True)
    (tmp_path / "v" / "a.test" / "no").mkdir()
    (tmp_path / "outside" / "Maildir").mkdir(parents=True)
    (tmp_path / "v" / "a.test" / "out").symlink_to(tmp_path / "outside")
    (tmp_path / "v" / "a.test" / "in").symlink_to(tmp_path / "v" / "b.test" / "x")
    found = list(
        mailboxes(StoreSettings("s", "maildir", f"{tmp_path}/v/{{domain}}/{{local}}/Maildir"))
    )
    assert [one.account for one in found if isinstance(one, Mailbox)] == [
        "z@a.test",
        "in@a.test",
        "x@b.test",
    ]
    assert [one.code for one in found if isinstance(one, ProblemRecord)] == ["symlink"]
    by_account = list(mailboxes(StoreSettings("s", "maildir", f"{tmp_path}/v/b.test/{{account}}")))
    assert [one.account for one in by_account] == ["x"]
    repeated = StoreSettings("s", "maildir", f"{tmp_path}/v/{{domain}}/{{local}}/{{domain}}")
    assert next(iter(mailboxes(repeated))).code == "symlink"


@pytest.mark.parametrize("path", [None, "/nowhere/at/all", "/no-such-root/{account}"])
def test_templates_that_cannot_work(path):
    with pytest.raises(PermanentSourceError):
        list(mailboxes(StoreSettings("s", "maildir", path)))


def test_a_store_that_changes_while_scanned_stops_nothing(box):
    for number in range(200):
        put(box, f"{number:03d}:2,")
    stop = threading.Event()

    def churn():
        number = 0
        while not stop.is_set():
            base = f"{number % 200:03d}"
            for old, new in ((":2,", ":2,S"), (":2,S", ":2,")):
                os.rename(box / "cur" / (base + old), box / "cur" / (base + new))
            number += 1

    worker = threading.Thread(target=churn)
    worker.start()
    try:
        copies, _ = read(box)
    finally:
        stop.set()
        worker.join()
    assert {copy.file for copy in copies} == {f"cur/{number:03d}" for number in range(200)}
