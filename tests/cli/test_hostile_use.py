"""What a hostile tester tries: each ends with one sentence and status 2, never with a traceback."""

import glob
import os
import signal
import subprocess
import sys
import threading
import time

import pyarrow.parquet as pq
import pytest

from postwarden.configuration import load
from postwarden.evidence.snapshots import locked
from providers import SMALL

CONFIGURATION = (
    SMALL
    + """\
aliases = [{ format = "postfix-virtual", path = "virtual" }]
[evidence]
processes = 1
"""
)


@pytest.fixture
def place(tmp_path):
    (tmp_path / "vmail/example.net/anna/Maildir/cur").mkdir(parents=True)
    (tmp_path / "users").write_text("anna@example.net:{PLAIN}x::::::\n")
    (tmp_path / "virtual").write_text("sales@example.net anna@example.net\n")
    (tmp_path / "postwarden.toml").write_text(CONFIGURATION)
    return tmp_path


@pytest.fixture
def scanned(place, postwarden):
    answer = postwarden("scan", folder=place)
    assert (answer.status, answer.err) == (0, "")
    return place


def name_of(place):
    return next(one.name for one in (place / "evidence").iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scan", "-c", "nowhere.toml"], "nowhere.toml: there is no such file; `postwarden init`"),
        (["scan", "-c", "binary.toml"], "binary.toml: is not TOML"),
        (["scan", "-c", "vmail"], "vmail: cannot be read (Is a directory)"),
        (["examine"], "holds no finished snapshot; run `postwarden scan` first"),
        (["examine", "--snapshot", "../vmail"], "evidence/vmail: holds no finished snapshot"),
        (["evidence", "check", ".."], "holds no finished snapshot"),
        (["evidence", "merge", "nope"], "evidence/nope: holds no finished snapshot"),
        (["evidence", "expire", "../vmail"], "holds no snapshot ../vmail"),
        (["init"], "postwarden.toml: is there already and was not touched"),
        (["init", "nowhere/x.toml"], "nowhere/x.toml: No such file or directory"),
        (["scan", "-c", "evidence-is-file.toml"], "users: File exists"),
        (["scan", "-c", "no-store.toml"], "store store1: "),
        (["scan", "--fault", "nowhere"], "nowhere: there is no such map"),
        (["scan", "--fault", "vmail"], "vmail: there is no such map"),
        (["scan", "--fault", "virtual.empty"], "virtual.empty: holds no line of the format"),
        (["scan", "-c", "nowhere\x1b[31m"], "nowhere\\x1b[31m: there is no such file"),
    ],
)
def test_it_says_why_in_one_sentence(place, postwarden, words, said):
    (place / "binary.toml").write_bytes(b"\x00\xff[provider]")
    (place / "virtual.empty").touch()
    (place / "evidence-is-file.toml").write_text(CONFIGURATION + 'path = "users"\n')
    (place / "no-store.toml").write_text(CONFIGURATION.replace("vmail/", "nomail/"))
    answer = postwarden(*words, folder=place)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1
    assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    "words",
    [
        ["examine", "--since", "nonsense"],
        ["examine", "--until", "2026-11-20T00:00:00"],
        ["examine", "--format", "xml"],
        ["preflight", "virtual", "--days", "0"],
        ["preflight"],
        ["scan", "--expires", "0"],
        ["scan", "--nonsense"],
        ["nonsense"],
    ],
)
def test_words_that_mean_nothing_end_with_status_2(place, postwarden, words):
    answer = postwarden(*words, folder=place)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("Usage: ")
    assert "Error: " in answer.err or "postwarden preflight" in answer.err


def test_a_copy_that_does_not_exist(scanned, postwarden):
    answer = postwarden("explain", "deadbeef\x1b[31m", folder=scanned)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("deadbeef\\x1b[31m: no copy of this snapshot has that id")


def test_a_mistyped_account_is_not_told_to_be_clean(scanned, postwarden):
    answer = postwarden("examine", "--account", "ana@example.net", folder=scanned)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("ana@example.net: snapshot ")


def test_an_earlier_snapshot_can_be_asked(scanned, postwarden):
    earlier = name_of(scanned)
    (scanned / "vmail/example.net/ben/Maildir/cur").mkdir(parents=True)
    assert postwarden("scan", "--purpose", "later", folder=scanned).status == 0
    words = ("examine", "--account", "ben@example.net")
    assert postwarden(*words, folder=scanned).status == 0
    answer = postwarden(*words, "--snapshot", earlier, folder=scanned)
    assert answer.status == 2
    assert f"snapshot {earlier} holds no such mailbox" in answer.err


def test_version_and_help(postwarden):
    assert postwarden("--version").out.startswith("postwarden 0.")
    assert "examine" in postwarden("--help").out


def test_snapshots_are_listed_checked_merged_and_expired(place, postwarden):
    (place / "second/example.net/ben/Maildir/cur").mkdir(parents=True)
    (place / "second.toml").write_text(CONFIGURATION.replace("vmail/", "second/"))
    for file in ("postwarden.toml", "second.toml"):
        assert postwarden("scan", "-c", file, folder=place).status == 0
    names = sorted(one.name for one in (place / "evidence").iterdir())
    listed = postwarden("evidence", "list", folder=place).out
    assert all(name in listed for name in names)
    assert "as they were taken" in postwarden("evidence", "check", names[0], folder=place).out
    merged = postwarden("evidence", "merge", *names, folder=place)
    assert (merged.status, merged.err) == (0, "")
    assert "merged from " + ", ".join(names) in merged.out
    kept = postwarden("evidence", "expire", folder=place)
    assert kept.out == "Removed: none, no snapshot is past its time.\n"
    gone = postwarden("evidence", "expire", names[0], folder=place)
    assert gone.out == f"Removed: {names[0]}\n"
    assert not (place / "evidence" / names[0]).exists()


def test_one_account_is_scanned_where_there_are_no_logs(place, postwarden):
    assert postwarden("scan", "--account", "anna@example.net", folder=place).status == 0


def test_a_part_that_was_cut_is_found(scanned, postwarden):
    part = next((scanned / "evidence" / name_of(scanned)).glob("entries/*.parquet"))
    part.write_bytes(part.read_bytes()[:100])
    answer = postwarden("evidence", "check", name_of(scanned), folder=scanned)
    assert answer.status == 2
    assert "entries/" in answer.err


def test_expiry_removes_nothing_but_snapshots(scanned, postwarden):
    (scanned / "evidence" / "reports").mkdir()
    postwarden("evidence", "expire", folder=scanned)
    assert (scanned / "evidence" / "reports").is_dir()


def test_a_damaged_intent_does_not_stop_the_next_scan(scanned, postwarden):
    folder = scanned / "evidence" / name_of(scanned)
    (folder / "manifest.json").unlink()
    (folder / "intent.json").write_text("gone")
    assert postwarden("scan", folder=scanned).status == 0


def test_a_damaged_manifest_is_found(scanned, postwarden):
    name = name_of(scanned)
    (scanned / "evidence" / name / "manifest.json").write_text('{"format": 1')
    answer = postwarden("evidence", "check", name, folder=scanned)
    assert answer.status == 2
    assert "is damaged" in answer.err


def test_neither_subject_nor_body_nor_other_headers_are_kept(place, postwarden):
    message = (
        b"Received: from a.test by mx1.example.net (Postfix) with ESMTP id 4jX6B749nDzRb1X\n"
        b"\tfor <anna@example.net>; Fri, 20 Nov 2026 10:00:00 +0100\n"
        b"From: shop@shop.test\nSubject: canary one\nX-Secret: canary two\n"
        b"Message-ID: <kept@shop.test>\n\ncanary three\n"
    )
    (place / "vmail/example.net/anna/Maildir/cur/1.M1P1.mx1:2,").write_bytes(message)
    (place / "postwarden.toml").write_text(CONFIGURATION + "content_hash = true\n")
    assert "1 copies" in postwarden("scan", folder=place).out
    parts = list((place / "evidence").rglob("*.parquet"))
    kept = "\n".join(str(pq.read_table(part).to_pylist()) for part in parts)
    assert "kept@shop.test" in kept
    assert "canary" not in kept


def test_evidence_belongs_to_its_owner_alone(scanned):
    folders = [scanned / "evidence" / name_of(scanned)]
    folders += [one for one in folders[0].iterdir() if one.is_dir()]
    assert {one.stat().st_mode & 0o777 for one in folders} == {0o700}


def test_a_second_scan_of_the_same_says_that_another_one_runs(scanned, postwarden):
    folder = scanned / "evidence" / name_of(scanned)
    (folder / "manifest.json").unlink()
    with locked(str(folder)):
        busy = postwarden("scan", folder=scanned)
    assert (busy.status, busy.out) == (2, "")
    assert "another scan writes it" in busy.err
    assert postwarden("scan", folder=scanned).status == 0
    assert name_of(scanned) == folder.name


def test_ctrl_c_leaves_what_the_next_scan_goes_on_from(place, postwarden):
    box = place / "vmail/example.net/anna/Maildir/cur"
    for number in range(200):
        (box / f"{number}.M1P1.mx1:2,").write_bytes(b"Subject: x\n\nx\n")
    slow = CONFIGURATION + "messages_per_second = 20\n"
    (place / "postwarden.toml").write_text(slow)
    main = threading.main_thread().ident

    def interrupt():
        end = time.monotonic() + 20
        while time.monotonic() < end and not list(place.glob("evidence/*/copies/*")):
            time.sleep(0.01)
        signal.pthread_kill(main, signal.SIGINT)
        while not ended.wait(3):  # Python loses one that comes while it finalises an object
            signal.pthread_kill(main, signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    ended = threading.Event()
    thread = threading.Thread(target=interrupt)
    thread.start()
    answer = postwarden("scan", folder=place)
    ended.set()
    thread.join()
    assert answer.status == 130
    assert "goes on from there" in answer.err
    name = name_of(place)
    assert "no snapshot yet" in postwarden("evidence", "list", folder=place).out
    (place / "postwarden.toml").write_text(CONFIGURATION)
    assert "200 copies" in postwarden("scan", folder=place).out
    assert name_of(place) == name


def test_a_reader_that_leaves_early_sees_no_traceback(place):
    """As in `postwarden … | head -1`: the pipe is closed before anything is written."""
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-c", "from postwarden.cli import main; main()", "evidence", "list"],
        cwd=place,
        stdout=writing,
        stderr=subprocess.PIPE,
    ) as command:
        os.close(writing)
        said = command.stderr.read()
    assert b"Traceback" not in said
    assert command.returncode in (0, 1, 2)


def test_what_init_writes_can_be_loaded(place, postwarden):
    answer = postwarden("init", "new.toml", "--root", place, folder=place)
    assert answer.status == 0
    assert (place / "new.toml").stat().st_mode & 0o777 == 0o600
    text = (place / "new.toml").read_text()
    assert f'path = "{place}/vmail/{{domain}}/{{local}}/Maildir"' in text
    assert 'domains = ["example.net"]' in text
    listed = postwarden("evidence", "list", "-c", "new.toml", folder=place)
    assert (listed.status, listed.err) == (0, "")


def test_init_tells_accounts_from_domains_and_quotes_what_it_finds(tmp_path, postwarden):
    root = tmp_path / 'a "quoted" [root]'
    (root / "var/vmail/anna@example.net/Maildir/cur").mkdir(parents=True)
    (root / "var/log").mkdir()
    (root / "var/log/mail.log").touch()
    assert postwarden("init", "new.toml", "--root", root, folder=tmp_path).status == 0
    found = load(str(tmp_path / "new.toml"))
    assert found.stores[0].path == f"{root}/var/vmail/{{account}}/Maildir"
    assert glob.glob(found.logs[0].path) == [f"{root}/var/log/mail.log"]


def test_init_on_a_machine_without_mail_says_what_is_missing(tmp_path, postwarden):
    answer = postwarden("init", "--root", tmp_path, folder=tmp_path)
    assert answer.status == 0
    assert (tmp_path / "postwarden.toml").read_text().count("not found, write your own") >= 3
    assert postwarden("evidence", "list", folder=tmp_path).status == 0
