import bz2
import gzip
import lzma
import os

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from postwarden.sources.logs.files import MAX_LINE, LineReader, rotations
from postwarden.sources.records import GapRecord, ProblemRecord, SpanRecord

COMPRESSORS = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
    ".bz2": bz2.compress,
}


def names(tmp_path, *files, pattern="mail.log*"):
    for name in files:
        (tmp_path / name).write_bytes(b"")
    return [
        [os.path.basename(one.path) for one in group]
        for group in rotations(str(tmp_path / pattern))
    ]


def test_numbered_rotations_are_read_oldest_first(tmp_path):
    files = ["mail.log", "mail.log.1", "mail.log.2.gz", "mail.log.10.gz"]
    assert names(tmp_path, *files) == [list(reversed(files))]


def test_dated_rotations_are_read_oldest_first(tmp_path):
    files = ["mail.log-20261031.xz", "mail.log-20261101", "mail.log.20261102-235959", "mail.log"]
    assert names(tmp_path, *files) == [files]


def test_each_rotation_has_its_own_order(tmp_path):
    files = ["mail.err", "mail.log.1", "mail.log"]
    assert names(tmp_path, *files, pattern="mail*") == [["mail.err"], ["mail.log.1", "mail.log"]]


def test_a_half_done_rotation_is_read_once(tmp_path):
    assert names(tmp_path, "mail.log.1", "mail.log.1.gz") == [["mail.log.1"]]


def test_only_regular_files_are_read(tmp_path):
    os.mkfifo(tmp_path / "mail.log.1")
    (tmp_path / "mail.log.d").mkdir()
    assert names(tmp_path, "mail.log") == [["mail.log"]]


@pytest.mark.parametrize("suffixes", [("", "", ""), (".gz", ".xz", ""), (".zst", ".bz2", ".gz")])
@pytest.mark.parametrize("dated", [False, True])
def test_rotation_and_compression_change_no_record(
    tmp_path, read_file, facts, data, suffixes, dated
):
    whole = (data / "postfix-short.log").read_bytes()
    lines = whole.splitlines(keepends=True)
    (tmp_path / "whole.log").write_bytes(whole)
    expected = facts(read_file("postfix", tmp_path / "whole.log"))
    parts = [lines[:70], lines[70:150], lines[150:]]
    for index, (suffix, part) in enumerate(zip(suffixes, parts, strict=True)):
        age = f"-2026112{index}" if dated else (".2", ".1", "")[index]
        (tmp_path / f"mail.log{age}{suffix}").write_bytes(COMPRESSORS[suffix](b"".join(part)))
    records = read_file("postfix", tmp_path / "mail.log*")
    assert facts(records) == expected
    assert sum(one.lines for one in records if isinstance(one, SpanRecord)) == len(lines)
    assert not any(isinstance(one, GapRecord) for one in records)


def test_line_numbers_are_those_of_the_decompressed_text(tmp_path, read_file, deliveries, data):
    text = (data / "postfix-long.log").read_bytes()
    (tmp_path / "mail.log.2.gz").write_bytes(gzip.compress(text))
    lines = text.decode().splitlines()
    found = deliveries(read_file("postfix", tmp_path / "mail.log*"))
    assert found
    for one in found:
        assert one.file == "mail.log.2.gz"
        assert f": {one.queue_id}: to=<{one.recipient}>" in lines[one.line - 1]


@pytest.mark.parametrize("suffix", [".gz", ".xz", ".bz2", ".zst"])
def test_a_file_cut_short_is_read_as_far_as_it_goes(tmp_path, read_file, deliveries, data, suffix):
    text = (data / "postfix-long.log").read_bytes() * 40
    packed = COMPRESSORS[suffix](os.urandom(1).hex().encode() + b"\n" + text)
    (tmp_path / f"mail.log{suffix}").write_bytes(packed[: len(packed) // 2])
    records = read_file("postfix", tmp_path / "mail.log*")
    assert "damaged-file" in {one.code for one in records if isinstance(one, ProblemRecord)}


@given(parts=st.lists(st.binary(max_size=300), min_size=1, max_size=4), data=st.data())
@settings(max_examples=60)
def test_zstandard_frames_are_read_one_after_the_other_and_a_cut_is_seen(
    tmp_path_factory, parts, data
):
    frames = [COMPRESSORS[".zst"](part) for part in parts]
    whole = b"".join(frames)
    ends = {sum(map(len, frames[: count + 1])) for count in range(len(frames))}
    kept = data.draw(st.integers(min_value=5, max_value=len(whole)))
    path = tmp_path_factory.getbasetemp() / "frames.log.zst"
    path.write_bytes(whole[:kept])
    reader = LineReader(str(path))
    lines = [line for block in reader.blocks() for line in block]
    assert (reader.damage is None) == (kept in ends)
    if kept == len(whole):
        assert lines == b"".join(parts).decode("utf-8", "replace").removesuffix("\n").split(
            "\n"
        ) or (not b"".join(parts) and lines == [])


def test_long_lines_are_cut_and_counted(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"a" * (3 * MAX_LINE) + b"\nshort\n" + b"b" * (5 << 20) + b"\nend")
    reader = LineReader(str(path))
    lines = [line for block in reader.blocks() for line in block]
    assert lines == ["a" * MAX_LINE, "short", "b" * MAX_LINE, "end"]
    assert reader.cut == 2


@given(st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"")), max_size=30))
@settings(max_examples=50)
def test_lines_are_what_stands_between_line_ends(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "between.log"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    reader = LineReader(str(path))
    read = [line for block in reader.blocks() for line in block]
    if not path.read_bytes().startswith((b"\x1f\x8b", b"BZh", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ")):
        assert read == [line.decode("utf-8", "replace") for line in lines]


def test_reading_leaves_the_access_time(tmp_path):
    path = tmp_path / "x.log"
    path.write_bytes(b"line\n")
    os.utime(path, ns=(1, 1))
    assert list(LineReader(str(path)).blocks()) == [["line"]]
    assert path.stat().st_atime_ns == 1


def test_no_file_is_a_problem(tmp_path, read_file):
    (problem,) = read_file("postfix", tmp_path / "nothing*")
    assert (problem.code, problem.source) == ("no-files", "postfix")
