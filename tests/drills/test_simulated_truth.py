"""The simulator's truth agrees with the provider tree that it comes with."""

import filecmp
import gzip
import json
import lzma
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from postwarden.drills.simulated import WORLDS, Row, simulate, truth_path
from postwarden.drills.simulated.__main__ import main

BENIGN = [name for name, world in WORLDS.items() if world.benign]
FAULTS = [name for name, world in WORLDS.items() if not world.benign]
SMALL = {"accounts": 14, "messages": 70}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Give a function that plays a world once in this module: (tree, rows)."""

    @cache
    def play(world: str, logs: str = "whole", seed: int = 1) -> tuple[Path, tuple[Row, ...]]:
        out = tmp_path_factory.mktemp(world) / "out"
        return out, simulate(world, out, logs=logs, seed=seed, **SMALL).rows

    return play


def stored_files(out: Path) -> dict[tuple[str, str], Path]:
    """Give every message file: (account, path below the Maildir without flags)."""
    found = {}
    for name in out.glob("vmail/*/*/Maildir/**/*"):
        if name.is_file() and name.parent.name in ("cur", "new"):
            domain, local, _, *below = name.relative_to(out / "vmail").parts
            found[f"{local}@{domain}", "/".join(below).partition(":2,")[0]] = name
    return found


def text_of(out: Path, log: str) -> str:
    packed = [
        gzip.decompress((out / "log" / f"{log}.2.gz").read_bytes()),
        lzma.decompress((out / "log" / f"{log}.1.xz").read_bytes()),
        (out / "log" / log).read_bytes(),
    ]
    return b"".join(packed).decode()


def delivered(rows):
    return [row for row in rows if row.put_by == "lmtp"]


@pytest.mark.parametrize("world", WORLDS)
def test_the_truth_has_exactly_the_files_that_are_stored(world, played):
    out, rows = played(world)
    told = [(row.account, row.file) for row in rows if not row.gone]
    assert len(told) == len(set(told))
    assert set(told) == set(stored_files(out))


@pytest.mark.parametrize("world", BENIGN)
def test_a_benign_world_has_no_wrong_copy(world, played):
    _, rows = played(world)
    assert rows
    assert {row.verdict for row in rows} <= {"rightful", "own"}


@pytest.mark.parametrize("world", FAULTS)
def test_a_fault_leaves_wrong_copies_that_whole_logs_prove(world, played):
    _, rows = played(world)
    wrong = [row for row in rows if row.verdict in ("misdelivered", "crossed")]
    assert any(row.provable for row in wrong)
    for row in wrong:
        assert row.verdict in row.allowed or not row.provable
        assert (row.account in row.rightful) == (row.verdict == "crossed")
        assert row.put_by != "lmtp" or row.provable or "whose" in row.proofs


@pytest.mark.parametrize("world", WORLDS)
def test_file_names_sizes_and_uid_lists_agree(world, played):
    out, _ = played(world)
    for (_, path), name in stored_files(out).items():
        content = name.read_bytes()
        size, width = re.search(r",S=(\d+),W=(\d+)$", path).groups()
        assert (int(size), int(width)) == (len(content), len(content) + content.count(b"\n"))
    for listing in out.glob("vmail/*/*/Maildir/**/dovecot-uidlist"):
        head, *lines = listing.read_text().splitlines()
        uids = [int(line.split(" :")[0]) for line in lines]
        assert uids == sorted(set(uids))
        assert int(re.search(r" N(\d+) ", head).group(1)) > max(uids, default=0)
        bases = {
            name.partition(":2,")[0]
            for part in ("cur", "new")
            for name in os.listdir(listing.parent / part)
        }
        assert {line.split(" :")[1] for line in lines} == bases


@pytest.mark.parametrize("world", ["demo", "stranger-in-group", "filter-after-expansion"])
def test_what_came_alone_says_for_whom_and_what_came_together_does_not(world, played):
    out, rows = played(world)
    files, together = stored_files(out), 0
    dovecot = text_of(out, "dovecot.log")
    for row in delivered(rows):
        if row.gone:
            continue
        top = files[row.account, row.file].read_text(errors="replace").split("\nReceived: ")
        session = re.search(r"\n\tid (\S+)\n", top[1]).group(1)
        shared = f"<{session}:R2>" in dovecot
        together += shared
        assert ("Delivered-To: " in top[0], "\n\tfor <" in top[1]) == (not shared, not shared)
    assert together


def test_copies_of_one_transaction_are_hard_links(played):
    out, _ = played("nested-groups")
    by_name: dict[str, set[int]] = {}
    for name in stored_files(out).values():
        base = name.name.partition(":2,")[0]
        by_name.setdefault(base, set()).add(name.stat().st_ino)
    assert {len(inodes) for inodes in by_name.values()} == {1}
    assert max(name.stat().st_nlink for name in stored_files(out).values()) > 3


def test_restored_files_are_no_links_and_are_named_as_dovecot_logged_them(played):
    out, rows = played("restored-wrongly")
    files, dovecot = stored_files(out), text_of(out, "dovecot.log")
    restored = [row for row in rows if row.verdict == "misdelivered" and row.provable]
    assert restored
    for row in restored:
        name = row.file.rpartition("/")[2]
        lines = [line for line in dovecot.splitlines() if f"storage_id={name} " in line]
        assert lines
        assert not any(f"lmtp({row.account})" in line for line in lines)
        assert files[row.account, row.file].stat().st_nlink == 1


@pytest.mark.parametrize("world", ["demo", "folded-recipients", "exposed"])
def test_whole_logs_have_the_lines_that_prove_each_delivery(world, played):
    out, rows = played(world)
    postfix, dovecot = text_of(out, "mail.log"), text_of(out, "dovecot.log")
    for row in delivered(rows):
        assert row.provable
        assert f"storage_id={row.file.rpartition('/')[2]} " in dovecot
        for original in row.original_recipients:
            given = re.escape(original)
            assert re.search(rf"{row.queue_id}: (?:to|.*orig_to)=<{given}>", postfix)


def test_without_logs_only_single_recipients_are_provable(played):
    out, rows = played("demo", "absent")
    files = stored_files(out)
    assert not (out / "log").exists()
    assert "[[logs]]" not in (out / "postwarden.toml").read_text()
    assert not any(row.gone for row in rows)
    provable = [row for row in delivered(rows) if row.provable]
    assert {row.verdict for row in provable} == {"rightful", "misdelivered"}
    for row in provable:
        top = files[row.account, row.file].read_text().partition("\n\n")[0]
        assert f"Delivered-To: {row.account.partition('@')[0]}" in top
        assert f"\n\tfor <{row.original_recipient}>; " in top
    lost = [row for row in rows if row.verdict == "misdelivered" and not row.provable]
    assert lost
    assert all(row.allowed == ["unexplained"] for row in lost)


@pytest.mark.parametrize(("seed", "log"), [(1, "mail.log"), (2, "dovecot.log"), (3, "events.log")])
def test_a_hole_loses_three_hours_of_one_log(seed, log, tmp_path):
    simulate("demo", tmp_path / "whole", seed=seed, **SMALL)
    simulate("demo", tmp_path / "hole", seed=seed, logs="hole", **SMALL)
    for name in ("mail.log", "dovecot.log", "events.log"):
        before = text_of(tmp_path / "whole", name).splitlines()
        after = text_of(tmp_path / "hole", name).splitlines()
        lost = [line for line in before if re.match(r"Nov 20 1[012]:", line)]
        assert lost
        assert after == ([line for line in before if line not in lost] if name == log else before)


def test_a_hole_in_the_events_makes_not_opened_unknown(tmp_path):
    rows = simulate("demo", tmp_path / "out", seed=3, logs="hole", **SMALL).rows
    before = [row for row in delivered(rows) if row.delivered_at < "2026-11-20T09"]
    after = [row for row in delivered(rows) if row.delivered_at > "2026-11-20T12"]
    assert {row.opened for row in before} == {True, None}
    assert {row.opened for row in after} == {True, False}


def test_exposures_are_recorded_where_logs_are_whole(played):
    _, rows = played("exposed")
    wrong = [row for row in rows if row.verdict == "misdelivered"]
    assert all(row.recorded == row.exposure for row in wrong)
    done = {what for row in wrong for what, was in row.exposure.items() if was}
    assert done == set(wrong[0].exposure)
    assert {row.gone for row in wrong} == {True, False}
    assert {row.opened for row in wrong} == {True, False}


def test_second_hand_copies_are_wrong_and_their_owners_are_the_first_ones(played):
    for world in ("second-hand-redirect", "second-hand-drag"):
        _, rows = played(world)
        carried = [row for row in rows if row.second_hand]
        assert carried, world
        assert {row.verdict for row in carried} == {"misdelivered"}
        assert {tuple(row.rightful) for row in carried} == {("anna.bakker@example.net",)}


def test_the_owner_has_a_copy_once_it_was_kindly_resent(played):
    _, rows = played("kindly-resent")
    wrong = [row for row in rows if row.verdict == "misdelivered"]
    assert wrong
    assert all(row.has_rightful_copy for row in wrong)
    _, rows = played("plain-address-captured")
    assert not any(row.has_rightful_copy for row in rows if row.verdict == "misdelivered")


def test_crossed_copies_have_the_body_that_the_other_message_declares(played):
    out, rows = played("crossed-bodies")
    files = stored_files(out)
    crossed = {
        row.message_id: files[row.account, row.file].read_text()
        for row in rows
        if row.verdict == "crossed"
    }
    assert len(crossed) == 10
    for row in rows:
        if row.verdict == "crossed":
            assert row.other_message in crossed
            assert row.other_message != row.message_id
            number = re.search(r"no\. \w{8}", crossed[row.message_id]).group()
            assert number in crossed[row.message_id]


def test_equal_arguments_give_equal_bytes(tmp_path):
    for name in ("one", "two"):
        simulate("mixed", tmp_path / name, seed=7, **SMALL)
    simulate("mixed", tmp_path / "other", seed=8, **SMALL)
    names = [
        str(p.relative_to(tmp_path / "one")) for p in (tmp_path / "one").rglob("*") if p.is_file()
    ]
    assert filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", names, shallow=False) == (
        names,
        [],
        [],
    )
    one, two, other = (truth_path(tmp_path / name).read_bytes() for name in ("one", "two", "other"))
    assert one == two
    assert one != other


def test_real_messages_of_a_folder_are_used_as_they_are(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "1").write_bytes(
        b"From x@y Mon Jan  1\nSubject: odd \xe9\nMessage-Id:\n <a@b.test>\n\nBody \xff\n"
    )
    (corpus / "2").write_bytes(b"Received: from a by b\r\nFrom: C <c@d.test>\r\n\r\n")
    (corpus / "3").write_bytes(b"no header at all")
    rows = simulate("nested-groups", tmp_path / "out", corpus=corpus, accounts=8, messages=20).rows
    assert {row.message_id for row in rows if row.put_by == "lmtp"} >= {"<a@b.test>", None}
    contents = [path.read_bytes() for path in stored_files(tmp_path / "out").values()]
    assert any(
        content.endswith(b"\nSubject: odd \xe9\nMessage-Id:\n <a@b.test>\n\nBody \xff\n")
        for content in contents
    )


def test_the_truth_file_has_the_rows(tmp_path):
    truth = simulate("demo", tmp_path / "out", accounts=8, messages=10)
    lines = (tmp_path / "out-truth.jsonl").read_text().splitlines()
    assert [json.loads(line)["file"] for line in lines] == [row.file for row in truth.rows]


def test_the_command_line_lists_worlds_and_makes_one(tmp_path, capsys):
    assert main(["--list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in WORLDS)
    assert main([str(tmp_path / "out"), "--accounts", "8", "--messages", "90"]) == 0
    assert "misdelivered" in capsys.readouterr().out
    assert (tmp_path / "out" / "postwarden.toml").exists()


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "precious").touch()
    with pytest.raises(FileExistsError, match="holds something else"):
        simulate("demo", tmp_path / "letters", **SMALL)
    assert (tmp_path / "letters" / "precious").exists()


@pytest.mark.parametrize(
    ("named", "error"), [({"logs": "few"}, ValueError), ({"accounts": 2}, ValueError)]
)
def test_what_cannot_be_played_is_refused(named, error, tmp_path):
    with pytest.raises(error):
        simulate("demo", tmp_path / "out", **named)


def test_it_shares_no_code_with_the_rooms_tested_on_it():
    script = (
        "import sys, postwarden.drills.simulated;"
        "print([n for n in sys.modules if n.startswith('postwarden.') and '.drills' not in n])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
