"""Many whole files that get their names together."""

import os

import pytest

from postwarden.durable.service import PARTIAL, side_by_side, together, write_many

FILES = {"a": b"first", "b": b"", "c": bytes(range(256)) * 5_000}


def placed(folder):
    return {str(folder / name): data for name, data in FILES.items()}


def write(folder):
    files = placed(folder)
    with together() as batch:
        write_many((batch.beside(path), data) for path, data in files.items())
        batch.publish(list(files))


def contents(folder):
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def test_all_are_whole_and_nothing_is_beside_them(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    write(tmp_path)
    assert contents(tmp_path) == FILES
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


def test_until_they_are_published_nobody_sees_them_by_their_names(tmp_path):
    with together() as batch:
        write_many((batch.beside(path), data) for path, data in placed(tmp_path).items())
        names = sorted(os.listdir(tmp_path))
        assert len(names) == 3
        assert all(name.endswith(PARTIAL) for name in names)
        batch.publish([str(tmp_path / "b")])
    assert contents(tmp_path) == {"b": b""}


def test_every_file_is_synced_before_any_gets_its_name_and_the_folder_after(tmp_path, monkeypatch):
    calls = []
    real_sync, real_rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda one: (real_sync(one), calls.append("sync")))
    monkeypatch.setattr(os, "rename", lambda a, b: (calls.append("rename"), real_rename(a, b)))
    write(tmp_path)
    assert calls == ["sync"] * 3 + ["rename"] * 3 + ["sync"]


@pytest.mark.parametrize("call", ["fsync", "open", "rename"])
@pytest.mark.parametrize("which", [1, 2, 3])
def test_a_failing_disk_leaves_no_half_of_a_file(tmp_path, monkeypatch, call, which):
    for name in FILES:
        (tmp_path / name).write_bytes(b"old")
    real, count = getattr(os, call), iter(range(1, 100))

    def fail(*words, **named):
        if next(count) == which:
            raise OSError(28, "No space left on device")
        return real(*words, **named)

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path)
    monkeypatch.undo()
    after = contents(tmp_path)
    assert after.keys() == FILES.keys()
    assert all(after[name] in (b"old", FILES[name]) for name in FILES)
    assert call == "rename" or set(after.values()) == {b"old"}


def test_all_are_synced_and_what_fails_is_told():
    done = []
    side_by_side(done.append, range(20))
    assert sorted(done) == list(range(20))
    with pytest.raises(ZeroDivisionError):
        side_by_side(lambda number: 1 // number, range(3))
