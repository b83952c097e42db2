"""Each part of the bench runs, and finds what was generated."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from needed import skip_without_servers

ROOT = Path(__file__).parents[2]


def _bench(tmp_path, *arguments):
    output = tmp_path / "bench.json"
    done = subprocess.run(
        [
            sys.executable,
            *("-m", "bench", "--small", "--place", str(tmp_path / "place")),
            *("--output", str(output), *arguments),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "place").exists()
    return {row["name"]: row for row in json.loads(output.read_text())}


def test_the_log_part_reads_every_line_it_wrote(tmp_path):
    rows = _bench(tmp_path, "logs")
    assert [row["unit"] for row in rows.values()] == ["lines/s"]
    assert all(row["value"] > 0 for row in rows.values())


def test_the_verdict_part_finds_exactly_what_was_generated(tmp_path):
    rows = _bench(tmp_path, "verdicts")
    found = {name: row for name, row in rows.items() if "misdelivered" in name}
    assert found
    assert all(row["ok"] for row in found.values())


def test_the_scan_parts_compare_with_the_other_readers(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number in range(3):
        text = f"From: a@sender.test\nMessage-ID: <{number}@sender.test>\n\nHello\n"
        (corpus / f"{number}.txt").write_text(text)
    rows = _bench(tmp_path, "scan", "rescan", "--corpus", str(corpus))
    assert any("BytesHeaderParser" in name for name in rows)
    assert any(name.startswith("rescan") for name in rows)


def test_the_ledger_part_finds_all_entries_sound(tmp_path):
    rows = _bench(tmp_path, "ledger")
    assert [row["ok"] for row in rows.values() if row["target"]] == [True]
    assert all(row["value"] > 0 for row in rows.values())


@pytest.mark.servers
def test_the_parts_on_a_real_dovecot_refuse_and_end_every_session(tmp_path):
    skip_without_servers()
    rows = _bench(tmp_path, "holds", "logins")
    exact = {name: row["ok"] for name, row in rows.items() if row["target"]}
    assert len(exact) == 3
    assert all(exact.values())
    assert any("first refused login" in name for name in rows)
    assert any("rate with Postwarden" in name for name in rows)


@pytest.mark.servers
def test_the_repair_part_moves_every_copy_by_each_route(tmp_path):
    skip_without_servers()
    rows = _bench(tmp_path, "repair")
    moved = [row for name, row in rows.items() if name.endswith(", moved")]
    assert len(moved) == 2
    assert all(row["ok"] for row in moved)


def test_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(AssertionError, match="no such part: nonsense"):
        _bench(tmp_path, "nonsense")
