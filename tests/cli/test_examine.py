"""`scan`, `examine`, `explain` and `preflight` on a small provider whose truth is known."""

import csv
import gzip
import json
import lzma
from io import StringIO
from pathlib import Path

import pytest

KEYS = {
    *("account", "copy", "folder", "file", "message_id", "verdict", "rightful"),
    *("original_recipient", "original_recipients", "queue_id", "delivered_at"),
    *("has_rightful_copy", "opened", "exposure", "second_hand", "other_message", "gone", "reasons"),
}
EXPOSURE = {"downloaded", "answered", "forwarded", "copied", "moved", "listed"}


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


def truth_of(tree):
    return rows_of(tree.with_name("tree-truth.jsonl").read_text())


@pytest.fixture(scope="module")
def everything(tree, postwarden):
    answer = postwarden("examine", "-c", tree / "postwarden.toml", "--format", "jsonl", "--all")
    assert answer.status == 1
    return rows_of(answer.out)


def wrong_of(rows):
    return [row for row in rows if row["verdict"] == "misdelivered"]


def test_jsonl_has_the_keys_that_others_script_against(everything):
    for row in everything:
        assert row.keys() >= KEYS
        assert row["exposure"].keys() == EXPOSURE
        assert {*row["exposure"].values(), row["opened"]} <= {True, False, None}
        for reason in row["reasons"]:
            assert reason.keys() == {"code", "sentence", "citations"}


def test_every_copy_is_told_once_and_as_it_really_is(tree, everything):
    truth = {(row["account"], row["file"]): row for row in truth_of(tree) if not row["gone"]}
    found = {(row["account"], row["file"]): row for row in everything if not row["gone"]}
    assert len({row["copy"] for row in everything}) == len(everything)
    assert found.keys() == truth.keys()
    for key, row in found.items():
        assert row["verdict"] in truth[key]["allowed"], key
    wrong = {key for key, row in truth.items() if row["verdict"] == "misdelivered"}
    assert wrong
    assert {key for key, row in found.items() if row["verdict"] == "misdelivered"} == wrong


def test_without_all_only_what_is_not_right_is_told(tree, postwarden, everything):
    one = wrong_of(everything)[0]
    answer = postwarden(
        *("examine", "-c", tree / "postwarden.toml", "--format", "csv"),
        *("--account", one["account"].upper(), "--since", "2020-01-01T00:00:00Z"),
    )
    rows = list(csv.DictReader(StringIO(answer.out, newline="")))
    wanted = {row["copy"] for row in wrong_of(everything) if row["account"] == one["account"]}
    assert answer.status == 1
    assert {row["copy"] for row in rows} == wanted
    assert {row["has_rightful_copy"] for row in rows} <= {"true", "false"}


def test_times_are_times_of_acceptance(tree, postwarden, everything):
    wrong = wrong_of(everything)
    times = sorted(row["accepted_at"] for row in wrong)
    middle = times[len(times) // 2]
    answer = postwarden(
        *("examine", "-c", tree / "postwarden.toml", "--format", "jsonl"),
        *("--since", middle, "--until", "2100-01-01T00:00:00Z"),
    )
    assert {row["copy"] for row in rows_of(answer.out)} == {
        row["copy"] for row in wrong if row["accepted_at"] >= middle
    }


def test_nothing_wrong_ends_with_status_0(tree, postwarden):
    answer = postwarden(
        "examine", "-c", tree / "postwarden.toml", "--until", "2001-01-01T00:00:00Z"
    )
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.startswith("No misdelivered or crossed copy found")


def test_the_wrong_map_explains_every_misdelivered_copy(tree, postwarden, everything):
    answer = postwarden(
        "examine", "-c", tree / "postwarden.toml", "--fault", tree / "directory/virtual.faulty"
    )
    assert f"It explains {len(wrong_of(everything))} misdelivered copies." in answer.out
    assert " are not explained" not in answer.out
    fault, _, findings = answer.out.partition("\n\n")
    assert fault.startswith("The wrong map leads")
    assert max(map(len, findings.splitlines())) <= 80


def test_the_page_is_whole_and_loads_nothing(tree, postwarden):
    answer = postwarden("examine", "-c", tree / "postwarden.toml", "--format", "html")
    assert answer.status == 1
    assert answer.out.startswith("<!DOCTYPE html>")
    assert "<script" not in answer.out
    assert answer.out.rstrip().endswith("</html>")


def lines_of(file: Path):
    opened = {".gz": gzip.open, ".xz": lzma.open}.get(file.suffix, open)
    with opened(file, "rt") as stream:
        return stream.read().splitlines()


def packed(name: str, content: bytes):
    if name.endswith(".gz"):
        return gzip.compress(content)
    return lzma.compress(content) if name.endswith(".xz") else content


def test_explain_shows_the_cited_lines_and_no_words_of_others(own_tree, postwarden, everything):
    row = wrong_of(everything)[0]
    cited = [c for reason in row["reasons"] for c in reason["citations"] if "line" in c]
    log = next(c for c in cited if c["file"].startswith("log/mail.log"))
    lines = lines_of(own_tree / log["file"])
    lines[log["line"] - 1] += ", helo=<canary-one>, subject=canary two"
    (own_tree / log["file"]).write_bytes(
        packed(log["file"], "".join(f"{line}\n" for line in lines).encode())
    )
    answer = postwarden("explain", row["copy"], "-c", own_tree / "postwarden.toml")
    assert answer.status == 0
    assert answer.out.startswith(f"misdelivered: {row['account']}")
    assert "canary" not in answer.out
    assert f"{log['file']}:{log['line']}: {lines[log['line'] - 1][:60]}" in answer.out
    for reason in row["reasons"]:
        assert reason["sentence"] in answer.out


def test_preflight_finds_the_faulty_map_before_it_is_live(tree, postwarden):
    file = tree / "postwarden.toml"
    words = ("preflight", tree / "directory/virtual.faulty", "-c", file, "--days", 7, "--jsonl")
    answer = postwarden(*words)
    rows = rows_of(answer.out)
    assert answer.status == 1
    assert all(row.keys() == {"address", "deliveries", "before", "after"} for row in rows)
    assert all(row["deliveries"] > 0 and row["before"] != row["after"] for row in rows)
    wrong = {
        row["original_recipient"] for row in truth_of(tree) if row["verdict"] == "misdelivered"
    }
    assert wrong <= {row["address"] for row in rows}


def test_preflight_passes_the_intended_map(tree, postwarden):
    answer = postwarden("preflight", tree / "directory/virtual", "-c", tree / "postwarden.toml")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == "No delivery of the last 14 days would have gone elsewhere.\n"


def test_without_a_whole_directory_nobody_is_accused(own_tree, postwarden):
    (own_tree / "directory/virtual").rename(own_tree / "directory/elsewhere")
    file = own_tree / "postwarden.toml"
    postwarden("scan", "-c", file, "--purpose", "without a table")
    answer = postwarden("examine", "-c", file)
    assert (answer.status, answer.out) == (2, "")
    assert "directory/virtual: cannot be read" in answer.err
    assert "postwarden scan" in answer.err


def contents(folder: Path):
    return {
        str(path.relative_to(folder)): (path.lstat().st_mtime_ns, path.lstat().st_atime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.parts[len(folder.parts)] in ("vmail", "log", "directory")
    }


def test_a_scan_changes_nothing_of_the_provider(own_tree, postwarden):
    before = contents(own_tree)
    answer = postwarden("scan", "-c", own_tree / "postwarden.toml", "--purpose", "read only")
    assert answer.status == 0
    assert contents(own_tree) == before
