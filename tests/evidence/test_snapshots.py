"""Snapshots: private, without subjects and bodies, resumed after a kill, checked, and expired."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from postwarden.configuration import load
from postwarden.drills.simulated import simulate
from postwarden.evidence.mailboxes import read_mailboxes
from postwarden.evidence.manifest import Manifest, Part, Validity
from postwarden.evidence.service import (
    BrokenSnapshot,
    NoSnapshot,
    Scope,
    check_parts,
    expire,
    finished,
    latest,
    take,
)
from postwarden.evidence.snapshots import unfinished
from postwarden.wiring import sources
from worlds.examined import NEXT_DAY, scanned

DAY = 86_400 * 1_000_000
CANARY = b"quetzalcoatlus"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small provider whose subjects and bodies carry a word that no evidence may have."""
    tree = tmp_path_factory.mktemp("provider") / "out"
    simulate("demo", tree, accounts=8, messages=30)
    for file in tree.glob("vmail/*/*/Maildir/**/*"):
        if file.is_file() and file.parent.name in ("cur", "new"):
            head, blank, body = file.read_bytes().partition(b"\n\n")
            head = head.replace(b"\nSubject: ", b"\nSubject: " + CANARY + b" ")
            file.write_bytes(head + blank + body + CANARY + b"\n")
    return tree


@pytest.fixture
def tree(small, tmp_path):
    """The small provider, with evidence of its own for this test."""
    text = (small / "postwarden.toml").read_text()
    for name in ("vmail", "log", "directory"):
        (tmp_path / name).symlink_to(small / name)
    (tmp_path / "postwarden.toml").write_text(text)
    return tmp_path


def settings_of(tree):
    configuration = load(str(tree / "postwarden.toml"))
    return configuration, replace(configuration.evidence, processes=1)


def scan(tree, now=NEXT_DAY, report=lambda _: None, **changes):
    configuration, settings = settings_of(tree)
    settings = replace(settings, **changes)
    return take(settings, Scope(), sources(configuration), now, report)


def test_a_snapshot_is_its_owners_alone(tree):
    folder = scanned(tree)
    modes = {path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir()) if path.is_dir()}
    assert modes == {0}
    assert folder.stat().st_mode & 0o700 == 0o700


def test_neither_subject_nor_body_is_kept(tree):
    folder = scanned(tree)
    parts = list(folder.rglob("*.parquet"))
    assert {part.parent.name for part in parts} >= {"copies", "deliveries", "accesses", "entries"}
    for part in parts:
        for column in pq.read_table(part).to_pydict().values():
            assert not any(CANARY.decode() in value for value in column if isinstance(value, str))
    for file in folder.rglob("*"):
        assert not file.is_file() or CANARY not in file.read_bytes()


def test_a_killed_scan_is_resumed_and_equals_one_that_was_not(tree):
    told = []
    scan(tree, report=told.append)
    (whole,) = finished(str(settings_of(tree)[1].path))
    code = (
        "import os, sys; from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from postwarden.configuration import load\n"
        "from postwarden.evidence.service import Scope, take\n"
        "from postwarden.wiring import sources\n"
        "c = load(sys.argv[1]); s = replace(c.evidence, processes=1, purpose='again')\n"
        "seen = []\n"
        "def report(progress):\n"
        "    seen.append(progress)\n"
        "    if len(seen) == int(sys.argv[2]): os.kill(os.getpid(), 9)\n"
        "take(s, Scope(), sources(c), int(sys.argv[3]), report)\n"
    )
    toml = str(tree / "postwarden.toml")
    for stop in (2, len(told) - 1):
        command = [sys.executable, "-c", code, toml, str(stop), str(NEXT_DAY + DAY)]
        assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    root = str(settings_of(tree)[1].path)
    (begun,) = unfinished(root)
    again = scan(tree, now=NEXT_DAY + 2 * DAY, purpose="again")
    assert (again.name, again.taken) == (begun, NEXT_DAY + DAY)
    check_parts(os.path.join(root, again.name), again)
    assert read_mailboxes(os.path.join(root, again.name))
    assert read_mailboxes(os.path.join(root, again.name)) == read_mailboxes(
        os.path.join(root, whole.name)
    )
    assert rows_by_table(again) == rows_by_table(whole)


def rows_by_table(manifest):
    counted = {}
    for part in manifest.parts:
        table = part.name.partition("/")[0]
        counted[table] = counted.get(table, 0) + part.rows
    return counted


def test_any_flipped_byte_of_a_part_is_found(tree):
    folder = scanned(tree)
    manifest = latest(str(folder.parent))
    check_parts(str(folder), manifest)
    for part in manifest.parts[:: max(1, len(manifest.parts) // 6)]:
        file = folder / part.name
        content = file.read_bytes()
        for place in (len(content) // 3, len(content) // 2):
            file.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with pytest.raises(BrokenSnapshot, match=part.name.rpartition("/")[2]):
                check_parts(str(folder), manifest)
        file.write_bytes(content)
    check_parts(str(folder), manifest)


def test_a_lost_and_an_added_part_are_found(tree):
    folder = scanned(tree)
    manifest = latest(str(folder.parent))
    first = folder / manifest.parts[0].name
    added = first.with_name("added.parquet")
    added.write_bytes(first.read_bytes())
    with pytest.raises(BrokenSnapshot, match="added"):
        check_parts(str(folder), manifest)
    added.unlink()
    first.unlink()
    with pytest.raises(BrokenSnapshot, match=first.name):
        check_parts(str(folder), manifest)


def test_a_manifest_survives_being_written():
    manifest = Manifest(
        "20261121T120000Z", "Example", "a customer's report", Scope(("ann@example.test",), 5), 1, 2,
        3, True, (Validity(None, 7), Validity(7, None)), (Part("copies/a.parquet", 4, "00"),),
    )  # fmt: skip
    assert Manifest.from_json(manifest.to_json(), "manifest.json") == manifest
    broken = json.loads(manifest.to_json())
    broken.pop("parts")
    for text in ("", "[]", "{", json.dumps(broken)):
        with pytest.raises(BrokenSnapshot):
            Manifest.from_json(text, "manifest.json")


def stopped(tree, now):
    def report(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(tree, now=now, report=report, purpose="stopped")


def test_expiry_removes_what_is_due_and_only_that(tree):
    root = str(settings_of(tree)[1].path)
    early = scan(tree, expiry_days=1)
    late = scan(tree, now=NEXT_DAY + 1_000_000, expiry_days=9)
    stopped(tree, NEXT_DAY)
    (begun,) = unfinished(root)
    assert expire(root, NEXT_DAY) == []
    assert set(expire(root, early.expires)) == {early.name}
    assert [one.name for one in finished(root)] == [late.name]
    assert os.path.isdir(os.path.join(root, begun))
    assert expire(root, early.expires, [late.name]) == [late.name]
    assert expire(root, NEXT_DAY + 3650 * DAY) == [begun]
    assert os.listdir(root) == []
    with pytest.raises(NoSnapshot):
        latest(root)


def test_what_a_crash_left_of_a_removal_is_removed_by_the_next(tree):
    root = Path(settings_of(tree)[1].path)
    kept = scan(tree)
    rest = root / "20200101T000000Z"
    (rest / "copies").mkdir(parents=True)
    (rest / "copies" / "a.parquet").write_bytes(b"rest")
    assert expire(str(root), NEXT_DAY) == [rest.name]
    assert not rest.exists()
    assert [one.name for one in finished(str(root))] == [kept.name]
