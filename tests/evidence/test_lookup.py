"""The addresses of one account: found in any order of the directory, and quickly where it is in order."""

import os
from operator import attrgetter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postwarden.evidence import lookup, ordering
from postwarden.evidence.errors import BrokenSnapshot
from postwarden.evidence.lookup import addresses
from postwarden.evidence.ordering import order_by_account
from postwarden.evidence.tables import PartWriter
from postwarden.sources.service import DirectoryRecord

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40)


def record(account, number, address=None):
    name = address or f"alias{number}@example.net"
    return DirectoryRecord(name, account, f"{name} > {account}", "alias", None, 5, 0, "map", number)


def write(folder, parts):
    place = Path(folder) / "directory"
    place.mkdir()
    for number, rows in enumerate(parts):
        with PartWriter(str(place / f"directory-{number}.parquet"), DirectoryRecord) as part:
            part.add(rows)
    return str(folder)


def groups_read(monkeypatch, folder, account):
    """Give how many row groups were opened to find an account."""
    opened = []
    reads = lookup.pq.ParquetFile.read_row_group

    def read(self, number, *rest):
        opened.append(number)
        return reads(self, number, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(lookup.pq.ParquetFile, "read_row_group", read)
        addresses(folder, account)
    return len(set(opened))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=st.lists(NAMES, max_size=60), stranger=NAMES, order=st.booleans())
def test_every_account_has_its_addresses_and_no_others(
    tmp_path_factory, monkeypatch, names, stranger, order
):
    rows = [record(name, number) for number, name in enumerate(names)]
    folder = write(tmp_path_factory.mktemp("snapshot"), [rows[::2], rows[1::2]])
    monkeypatch.setattr(ordering, "_GROUP", 4)
    if order:
        order_by_account(folder)
        order_by_account(folder)  # as after a crash
    for name in {*names, stranger}:
        found = sorted(addresses(folder, name), key=attrgetter("line"))
        assert found == [row for row in rows if row.account == name]


def test_in_order_one_row_group_is_read_and_nothing_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "_GROUP", 2_048)  # the least that DuckDB writes
    rows = [record(f"user{n * 7919 % 20_000}@example.net", n) for n in range(20_000)]
    before, after = tmp_path / "before", tmp_path / "after"
    for place in (before, after):
        place.mkdir()
        write(place, [rows])
    order_by_account(str(after))
    wanted = "user777@example.net"
    assert addresses(str(before), wanted) == addresses(str(after), wanted) != []
    assert groups_read(monkeypatch, str(after), wanted) == 1
    assert groups_read(monkeypatch, str(after), "nobody@example.net") <= 1
    every = lookup.pq.read_table(after / "directory").to_pylist()
    assert sorted(every, key=lambda one: one["line"]) == [one._asdict() for one in rows]
    assert os.listdir(after / "directory") == ["directory-0.parquet"]


def test_a_small_part_stays_as_it_is(tmp_path):
    folder = write(tmp_path, [[record("a@example.net", 1)]])
    part = tmp_path / "directory" / "directory-0.parquet"
    before = part.stat()
    order_by_account(folder)
    after = part.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_broken_part_is_named(tmp_path, when):
    folder = write(tmp_path, [[record("a@example.net", 1)]])
    part = tmp_path / "directory" / "directory-0.parquet"
    if when == "after":
        assert addresses(folder, "a@example.net") != []
    part.write_bytes(b"PAR1" + bytes(60))
    with pytest.raises(BrokenSnapshot, match=r"directory-0\.parquet"):
        addresses(folder, "a@example.net")


def test_a_snapshot_without_directories_has_no_addresses(tmp_path):
    assert addresses(str(tmp_path), "a@example.net") == []
