"""Sealing: the helper gives what would be given without it, and whatever becomes of it nothing is lost."""

import json
import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from pyrage import decrypt, x25519

from custody.quarantined import copy
from postwarden.custody.quarantine import sealing as room
from postwarden.custody.service import SealerLost, sealing
from postwarden.drills.lab.processes import wait_until

MANY = 60  # enough for a helper


@pytest.fixture
def identity():
    return x25519.Identity.generate()


def items(folder, count=MANY):
    return [(str(folder / f"{number}"), b"%d " % number * number * 400) for number in range(count)]


def helper_of(sealer):
    return sealer._helper  # what only the system knows otherwise


@pytest.mark.parametrize(("count", "by_helper"), [(MANY, True), (3, False), (0, False)])
def test_what_is_sealed_is_on_the_disk_as_it_is_told(tmp_path, identity, count, by_helper):
    plain = items(tmp_path, count)
    with sealing() as sealer:
        sealed = sealer.seal(str(identity.to_public()), plain)
        helper = helper_of(sealer)
        assert (helper is not None) == by_helper
    assert helper is None or helper.returncode == 0
    assert len(sealed) == count
    for (path, content), (hashed, size) in zip(plain, sealed, strict=True):
        data = Path(path).read_bytes()
        assert (sha256(data).hexdigest(), len(data)) == (hashed, size)
        assert decrypt(data, [identity]) == content
        assert os.stat(path).st_mode & 0o777 == 0o600


def test_one_helper_seals_again_and_again(tmp_path, identity):
    with sealing() as sealer:
        sealer.seal(str(identity.to_public()), items(tmp_path))
        first = helper_of(sealer)
        (tmp_path / "more").mkdir()
        sealer.seal(str(identity.to_public()), items(tmp_path / "more"))
        assert helper_of(sealer) is first


def test_what_the_disk_refuses_is_told_and_the_helper_goes_on(tmp_path, identity):
    astray = items(tmp_path / "nowhere")
    with sealing() as sealer:
        with pytest.raises(FileNotFoundError, match="No such file"):
            sealer.seal(str(identity.to_public()), [*items(tmp_path), *astray])
        assert len(sealer.seal(str(identity.to_public()), items(tmp_path))) == MANY


@pytest.mark.parametrize("when", ["before", "between"])
def test_a_helper_that_was_killed_is_told_of_and_another_one_seals(tmp_path, identity, when):
    public = str(identity.to_public())
    with sealing() as sealer:
        sealer.seal(public, items(tmp_path))
        helper = helper_of(sealer)
        helper.send_signal(signal.SIGSTOP if when == "between" else signal.SIGKILL)
        if when == "between":
            subprocess.Popen(["/bin/sh", "-c", f"sleep 0.2; kill -KILL {helper.pid}"]).wait()
        else:
            os.waitid(os.P_PID, helper.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(SealerLost):
            sealer.seal(public, items(tmp_path))
        assert len(sealer.seal(public, items(tmp_path))) == MANY
        assert helper_of(sealer).pid != helper.pid


def test_a_helper_ends_with_whoever_started_it(identity):
    asked = {"recipient": str(identity.to_public()), "items": [["nowhere", 100]]}
    started = subprocess.Popen(
        [sys.executable, "-m", room.__name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with started:
        started.stdin.write(json.dumps(asked).encode() + b"\nonly a part")
        started.stdin.close()  # as the system does for a process that was killed
        assert started.wait(20) == 0
        assert started.stdout.read() == b""


def test_a_helper_lost_while_copies_are_put_leaves_nothing_that_is_taken_for_one(
    small, monkeypatch
):
    copies = [copy(number) for number in range(MANY)]
    real = room.Sealer._asked  # the moment it is asked

    def killed_first(sealer, *asked):
        monkeypatch.undo()
        answer = real(sealer, *asked)
        assert answer
        sealer._helper.kill()  # likewise
        raise BrokenPipeError

    monkeypatch.setattr(room.Sealer, "_asked", killed_first)
    with pytest.raises(SealerLost):
        small.put(*copies)
    assert small.files() == []
    assert small.read(small.put(*copies)) == copies
    assert small.quarantine.verify() == (MANY, [])


def test_of_a_helper_that_works_for_a_batch_no_lock_is_held(tmp_path, identity):
    """A helper that outlives its owner for a moment must not keep the owner's locks."""
    held = tmp_path / "lock"
    held.touch()
    with open(held, "rb") as lock, sealing() as sealer:
        sealer.seal(str(identity.to_public()), items(tmp_path))
        folder = Path(f"/proc/{helper_of(sealer).pid}/fd")
        assert str(held) not in {os.readlink(one) for one in folder.iterdir()}
        assert lock.fileno() > 0
    wait_until(lambda: not folder.exists(), "the helper to be gone")


def test_a_helper_runs_nothing_that_lies_where_it_is_started(tmp_path, identity, monkeypatch):
    (tmp_path / "json.py").write_text("open('was-run', 'w')\n")
    monkeypatch.chdir(tmp_path)
    with sealing() as sealer:
        assert len(sealer.seal(str(identity.to_public()), items(tmp_path))) == MANY
    assert not (tmp_path / "was-run").exists()
