"""File primitives and their promises."""

import json
import os

import pytest

from postwarden.durable import files
from postwarden.durable.service import (
    LockedElsewhereError,
    create_text,
    link_file,
    locked_file,
    replace_bytes,
    replace_text,
    write_json,
)


def test_replace_puts_the_whole_file_and_leaves_nothing_beside_it(tmp_path):
    place = str(tmp_path / "a")
    replace_text(place, "old")
    replace_bytes(place, b"new\xff")
    assert (tmp_path / "a").read_bytes() == b"new\xff"
    assert os.listdir(tmp_path) == ["a"]
    assert os.stat(place).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("call", ["fsync", "rename", "write"])
def test_a_failing_disk_keeps_the_old_file(tmp_path, monkeypatch, call):
    place = str(tmp_path / "a")
    replace_text(place, "old")

    def fail(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    if call == "write":
        monkeypatch.setattr(files, "write_synced", fail)
    else:
        monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space"):
        replace_text(place, "new")
    monkeypatch.undo()
    assert (tmp_path / "a").read_text() == "old"
    assert os.listdir(tmp_path) == ["a"]


def test_what_is_written_is_synced_before_it_is_renamed(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(os, "fsync", lambda _fd, real=os.fsync: (calls.append("sync"), real(_fd)))
    real_rename = os.rename
    monkeypatch.setattr(os, "rename", lambda a, b: (calls.append("rename"), real_rename(a, b)))
    write_json(str(tmp_path / "a.json"), {"b": 1, "a": [2]})
    assert calls == ["sync", "rename", "sync"]
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": [2], "b": 1}


def test_create_succeeds_once(tmp_path):
    place = str(tmp_path / "a")
    create_text(place, "first")
    with pytest.raises(FileExistsError):
        create_text(place, "second")
    assert (tmp_path / "a").read_text() == "first"
    assert os.listdir(tmp_path) == ["a"]


def test_link_shares_or_copies(tmp_path, monkeypatch):
    source = tmp_path / "a"
    source.write_bytes(b"x")
    link_file(str(source), str(tmp_path / "b"))
    assert (tmp_path / "b").samefile(source)
    with pytest.raises(FileExistsError):
        link_file(str(source), str(tmp_path / "b"))

    def other_device(*_args):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", other_device)
    link_file(str(source), str(tmp_path / "c"))
    assert (tmp_path / "c").read_bytes() == b"x"


def test_a_lock_is_held_once_and_freed(tmp_path):
    place = str(tmp_path / "lock")
    with (
        locked_file(place),
        pytest.raises(LockedElsewhereError, match="another process"),
        locked_file(place),
    ):
        pass
    with locked_file(place):
        assert os.path.exists(place)


def test_a_lock_that_passes_leaves_no_file_and_is_held_once(tmp_path, monkeypatch):
    place = str(tmp_path / "lock")
    with (
        locked_file(place, passing=True),
        pytest.raises(LockedElsewhereError, match="another process"),
        locked_file(place, passing=True),
    ):
        pass
    assert not os.path.exists(place)


def test_a_lock_on_a_file_that_its_holder_removed_holds_nothing(tmp_path, monkeypatch):
    """Who opened it just before takes the file that has its name by then."""
    place, real = str(tmp_path / "lock"), os.open

    def late(path, *more):
        descriptor = real(path, *more)
        monkeypatch.setattr(os, "open", real)
        os.unlink(path)
        return descriptor

    monkeypatch.setattr(os, "open", late)
    with (
        locked_file(place),
        pytest.raises(LockedElsewhereError),
        locked_file(place),
    ):
        pass
    assert os.path.exists(place)
