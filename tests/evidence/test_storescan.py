"""Scanning a store into parts: complete, resumable, and quick where nothing changed."""

import gzip
import os
import signal
import subprocess
import sys
import time

import pyarrow.dataset as ds
import pytest

from postwarden.evidence import storescan, storescan_batch
from postwarden.evidence.settings import EvidenceSettings, Scope
from postwarden.evidence.storescan import StoreTask, scan_store
from postwarden.evidence.storescan_batch import Batch, _Pace, read_batch
from postwarden.evidence.storescan_journal import journals
from postwarden.sources.errors import TemporarySourceError
from postwarden.sources.service import mailboxes
from postwarden.sources.settings import StoreSettings
from postwarden.vocabulary import Provider, from_rfc3339

PROVIDER = Provider("Example", frozenset({"example.net"}), frozenset({"mx1.example.net"}))
OLD = 1_700_000_000


@pytest.fixture
def store(tmp_path):
    for number in range(12):
        for folder in ("", ".Archive"):
            place = tmp_path / "v" / "example.net" / f"u{number}" / "Maildir" / folder
            for part in ("cur", "new"):
                (place / part).mkdir(parents=True)
            for message in range(3):
                (place / "cur" / f"{number}{folder}{message}.M:2,").write_bytes(
                    f"Message-ID: <{number}{folder}{message}@x.test>\n\nbody\n".encode()
                )
    settle(tmp_path / "v")
    return tmp_path / "v"


def settle(root):
    """Set folder times far enough back for an incremental scan to trust them."""
    for path, _, _ in os.walk(root):
        if os.stat(path).st_mtime > OLD + 1_000_000:
            os.utime(path, (OLD, OLD))


@pytest.fixture
def snapshot(tmp_path):
    def make(name):
        folder = tmp_path / name
        for table in ("copies", "problems"):
            (folder / table).mkdir(parents=True)
        return str(folder)

    return make


def task(store, *, previous=None, processes=1, scope=Scope(), **settings):  # noqa: B008 - frozen
    return StoreTask(
        StoreSettings("s/1", "maildir", f"{store}/{{domain}}/{{local}}/Maildir"),
        PROVIDER,
        EvidenceSettings("", "test", 1, processes=processes, **settings),
        scope,
        None,
        previous,
    )


def scan(folder, wanted):
    told = []
    accounts = scan_store(folder, wanted, lambda *progress: told.append(progress))
    return accounts, told


def rows(folder):
    table = ds.dataset(f"{folder}/copies", format="parquet", exclude_invalid_files=True).to_table()
    return sorted(table.to_pylist(), key=lambda row: (row["account"], row["file"]))


def counting(monkeypatch):
    """Count the mailboxes that are really read."""
    read = []
    real = storescan_batch.scan_mailbox
    monkeypatch.setattr(
        storescan_batch,
        "scan_mailbox",
        lambda mailbox, *rest: read.append(mailbox.account) or real(mailbox, *rest),
    )
    return read


def test_every_copy_is_in_one_part_and_progress_says_so(store, snapshot):
    accounts, told = scan(folder := snapshot("a"), task(store))
    found = rows(folder)
    assert len(accounts) == 12
    assert len(found) == len({(row["account"], row["file"]) for row in found}) == 72
    assert told[-1] == (12, 12, 72, sum(row["size"] for row in found))
    assert found[0]["message_id"] == "<0.Archive0@x.test>"
    assert {row["store"] for row in found} == {"s/1"}


def test_worker_processes_find_the_same(store, snapshot, monkeypatch):
    monkeypatch.setattr(storescan, "_FEW_MAILBOXES", 0)
    scan(one := snapshot("one"), task(store))
    accounts, told = scan(two := snapshot("two"), task(store, processes=2))
    assert rows(one) == rows(two)
    assert len(accounts) == 12
    assert [progress[1] for progress in told] == [12] * len(told)
    assert told[-1][0] == 12


def test_a_stopped_scan_goes_on_and_reads_nothing_twice(store, snapshot, monkeypatch):
    folder = snapshot("a")
    read = counting(monkeypatch)

    def stop(done, *_):
        if done >= 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_store(folder, task(store), stop)
    finished = len(read)
    assert 5 <= finished < 12
    (name,) = {journal.name for journal in list(journals(folder, "s/1"))[:1]}
    os.unlink(f"{folder}/copies/{name}.json")  # as if killed between a part and its journal
    _, told = scan(folder, task(store))
    assert told[-1][:3] == (12, 12, 72)
    assert len(read) == 12 + 1
    assert len(rows(folder)) == 72


def test_a_killed_scan_goes_on(store, snapshot):
    folder = snapshot("a")
    code = (
        "import sys, os\n"
        "sys.path.insert(0, os.path.dirname(sys.argv[1]))\n"
        "import test_storescan as t\n"
        "t.scan_store(sys.argv[3], t.task(sys.argv[2]),\n"
        "    lambda done, *_: done < 4 or os.kill(os.getpid(), 9))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code, __file__, str(store), folder], check=False)
    assert ended.returncode == -signal.SIGKILL
    kept = {j.name for j in journals(folder, "s/1")}
    assert 0 < len(kept) < 12
    (store / "leftover").mkdir()
    open(f"{folder}/copies/{min(kept)}x.parquet.partial", "w").close()
    scan(folder, task(store))
    assert len(rows(folder)) == 72
    assert kept < {j.name for j in journals(folder, "s/1")}
    assert not [name for name in os.listdir(f"{folder}/copies") if name.endswith(".partial")]


def test_unchanged_mailboxes_are_taken_over_unread(store, snapshot, monkeypatch):
    scan(first := snapshot("a"), task(store))
    read = counting(monkeypatch)
    _, told = scan(second := snapshot("b"), task(store, previous=first))
    assert read == []
    assert told[-1][:3] == (12, 12, 72)
    assert rows(first) == rows(second)
    scan(third := snapshot("c"), task(store, previous=second, content_hash=True))
    assert len(read) == 12
    assert all(row["content_hash"] for row in rows(third))


def test_of_changed_mailboxes_only_the_new_is_read(store, snapshot, monkeypatch):
    monkeypatch.setattr(storescan, "_MOST_MAILBOXES", 4)
    scan(first := snapshot("a"), task(store))
    box = store / "example.net" / "u3" / "Maildir"
    os.rename(box / "cur" / "30.M:2,", box / "cur" / "30.M:2,RS")
    os.unlink(box / "cur" / "31.M:2,")
    (box / "new" / "39.M").write_bytes(b"Message-ID: <new@x.test>\n\n")
    (store / "example.net" / "u4" / "Maildir" / ".New" / "cur").mkdir(parents=True)
    (store / "example.net" / "u4" / "Maildir" / ".New" / "cur" / "49.M:2,").write_bytes(
        b"To: x\n\n"
    )
    (store / "example.net" / "later" / "Maildir" / "cur").mkdir(parents=True)
    os.rename(store / "example.net" / "u5", store.parent / "gone")
    opened = []
    real = os.open
    monkeypatch.setattr(
        os, "open", lambda path, *a, **k: opened.append(str(path)) or real(path, *a, **k)
    )
    accounts, _ = scan(second := snapshot("b"), task(store, previous=first))
    messages = [path for path in opened if ".M" in path]
    assert messages == ["new/39.M", "cur/49.M:2,"] or sorted(messages) == [
        "cur/49.M:2,",
        "new/39.M",
    ]
    found = rows(second)
    scan(fresh := snapshot("c"), task(store))
    assert found == rows(fresh)
    assert "later@example.net" in accounts
    assert "u5@example.net" not in accounts
    assert next(r["flags"] for r in found if r["file"] == "cur/30.M") == "RS"


def test_a_folder_changed_just_before_the_scan_is_listed_again(store, snapshot, monkeypatch):
    now = time.time()
    os.utime(store / "example.net" / "u3" / "Maildir" / "cur", (now, now))
    scan(first := snapshot("a"), task(store))
    read = counting(monkeypatch)
    scan(snapshot("b"), task(store, previous=first))
    assert read == ["u3@example.net"]


def test_scope_limits_accounts_and_time(store, snapshot):
    os.utime(store / "example.net" / "u1" / "Maildir" / "cur" / "10.M:2,", (OLD, OLD))
    scope = Scope(("u1@example.net",), from_rfc3339("2024-01-01T00:00:00Z"))
    accounts, told = scan(folder := snapshot("a"), task(store, scope=scope))
    assert accounts == ["u1@example.net"]
    assert told[-1][:3] == (1, 1, 5)
    assert "cur/10.M" not in {row["file"] for row in rows(folder)}


def test_problems_are_kept_with_their_part_and_taken_over(store, snapshot):
    box = store / "example.net" / "u2" / "Maildir"
    (box / ".Linked").symlink_to(store)
    (store / "example.net" / "out").symlink_to("/")
    os.utime(box, (OLD, OLD))
    scan(first := snapshot("a"), task(store))
    scan(second := snapshot("b"), task(store, previous=first))
    for folder in (first, second):
        table = ds.dataset(f"{folder}/problems", format="parquet").to_table()
        assert sorted(table["code"].to_pylist()) == ["symlink", "symlink"]


def test_a_full_disk_leaves_no_part(store, snapshot, monkeypatch):
    folder = snapshot("a")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        scan(folder, task(store))
    monkeypatch.undo()
    assert list(journals(folder, "s/1")) == []
    scan(folder, task(store))
    assert len(rows(folder)) == 72


def test_an_unreadable_message_is_tried_again_by_the_next_scan(store, snapshot):
    place = store / "example.net" / "u2" / "Maildir" / "cur" / "20.M:2,"
    place.write_bytes(gzip.compress(os.urandom(5_000))[:3_000])
    scan(first := snapshot("a"), task(store))
    assert {row["state"] for row in rows(first)} == {"read", "unreadable"}
    place.write_bytes(b"Message-ID: <mended@x.test>\n\n")
    scan(second := snapshot("b"), task(store, previous=first))
    assert {row["state"] for row in rows(second)} == {"read"}
    assert len(rows(second)) == 72


class FakeServer:
    def accounts(self, _store):
        return iter(["A@example.net", "b@example.net"])

    def messages(self, _store, account, _fields):
        if account == "b@example.net":
            raise TemporarySourceError("b@example.net: gone")
        yield {
            "mailbox": "INBOX",
            "uid": "7",
            "guid": "g",
            "flags": "\\Seen $Junk \\Recent",
            "date.received.unixtime": "12",
            "size.physical": "90",
            "hdr": "To: \ufffd\n\n",
        }


def test_a_store_behind_a_server(tmp_path, snapshot):
    wanted = StoreTask(
        StoreSettings("d", "doveadm", command=("doveadm",)),
        PROVIDER,
        EvidenceSettings("", "test", 1),
        Scope(),
        FakeServer(),
    )
    accounts, _ = scan(folder := snapshot("a"), wanted)
    assert accounts == ["a@example.net", "b@example.net"]
    (row,) = rows(folder)
    assert (row["account"], row["file"], row["uid"], row["flags"], row["keywords"]) == (
        "a@example.net",
        "uid=7",
        7,
        "S",
        "$Junk",
    )
    assert (row["internal_date"], row["size"], row["to"]) == (12_000_000, 90, "\ufffd")
    problems = ds.dataset(f"{folder}/problems", format="parquet").to_table()
    assert sorted(problems["code"].to_pylist()) == [
        "doveadm-8-bit",
        "doveadm-writes-indexes",
        "unreadable-account",
    ]


def test_the_pace_is_kept():
    waits = []
    pace = _Pace(10, waits.append)
    pace.wait(20)
    assert 1.5 < waits[0] <= 2
    _Pace(None, waits.append).wait(1_000)
    assert len(waits) == 1


def test_a_batch_counts_what_it_read(store, snapshot):
    settings = task(store).store
    box = next(mailboxes(settings))
    options = storescan.ReadOptions()
    batch = Batch(snapshot("a"), "p", "m", (box,), PROVIDER, options, Scope(), settings)
    result = read_batch(batch)
    assert (result.mailboxes, result.rows) == (1, 6)
    assert result.size > 6 * 30
