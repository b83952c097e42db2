"""That one at a time carries a plan out: who takes over, when, and what becomes of whoever was late."""

import os
from types import SimpleNamespace

import pytest
from django.db import transaction

from people.conftest import NOW
from postwarden.custody.service import Stage
from postwarden.durable.service import locked_file
from postwarden.relocation.bearing import (
    LEASE,
    PLAN,
    RESTORE,
    Bearer,
    LeaseLost,
    Stopped,
    borne_by,
    due_plan,
    leased,
)
from postwarden.state import outbox

HASH = "ab" * 32


class Bearers:
    """Hosts of one state, each with a folder of its own for locks, and one clock."""

    def __init__(self, folder, monkeypatch):
        self.folder, self._monkeypatch = folder, monkeypatch
        self.time, self.stage = NOW, Stage.RUNNING
        self.plans = SimpleNamespace(stage=lambda _: self.stage)
        with transaction.atomic():
            due_plan(HASH, NOW)

    def lease(self, host, kind=PLAN):
        self._monkeypatch.setattr("socket.gethostname", lambda: host)
        (self.folder / host).mkdir(exist_ok=True)
        return leased(str(self.folder / host), self.plans, HASH, lambda: self.time, kind)

    def killed(self, host):
        """Let a host take it and die: its lock goes with it, the lease stays."""
        with self.lease(host) as lease:
            assert lease is not None

    def takes(self, host, kind=PLAN):
        with self.lease(host, kind) as lease:
            return lease is not None


@pytest.fixture
def bearers(state, tmp_path, monkeypatch):
    return Bearers(tmp_path, monkeypatch)


def test_on_the_host_of_a_killed_bearer_it_goes_on_at_once(bearers):
    bearers.killed("here")
    assert bearers.takes("here")


def test_another_host_waits_for_the_lease_to_run_out(bearers):
    bearers.killed("here")
    bearers.time += LEASE - 1
    assert not bearers.takes("elsewhere")
    bearers.time += 1
    assert bearers.takes("elsewhere")


def test_a_step_holds_it_for_longer(bearers):
    with bearers.lease("here") as lease:
        bearers.time += LEASE - 1
        with lease.step():
            pass
    bearers.time += LEASE - 1
    assert not bearers.takes("elsewhere")


def test_while_somebody_of_this_host_has_it_nobody_else_does(bearers):
    with bearers.lease("here"):
        assert not bearers.takes("here")
    with locked_file(os.path.join(bearers.folder / "here", f"relocation-{HASH[:16]}.lock")):
        assert not bearers.takes("here")
    assert bearers.takes("here")


def test_no_file_is_left_of_who_had_it(bearers):
    with bearers.lease("here"):
        assert [one.name for one in (bearers.folder / "here").iterdir()] == [
            f"relocation-{HASH[:16]}.lock"
        ]
    assert list((bearers.folder / "here").iterdir()) == []


def test_who_has_it_is_told(bearers):
    assert borne_by(HASH) is None
    with bearers.lease("here") as lease:
        assert borne_by(HASH) == Bearer("here", os.getpid())
        lease.put_off(0, "later")
    assert borne_by(HASH) is None


def test_who_was_late_writes_nothing_any_more(bearers):
    with bearers.lease("here") as late:
        bearers.time += LEASE
        with bearers.lease("elsewhere") as other, pytest.raises(LeaseLost), late.step():
            due_plan("never", NOW)
        late.put_off(0, "nobody reads this")
        with transaction.atomic():
            late.finish()
        with other.step():
            pass
    (waiting,) = outbox.waiting([PLAN])
    assert (waiting[0].subject, waiting[0].token, waiting[1]) == (HASH, 2, "")


def test_what_was_put_off_waits_for_its_time_on_every_host(bearers):
    with bearers.lease("here") as lease:
        lease.put_off(5_000_000, "the store is down")
    assert outbox.waiting([PLAN])[0][1] == "the store is down"
    assert not bearers.takes("here")
    assert not bearers.takes("elsewhere")
    bearers.time += 5_000_000
    assert bearers.takes("elsewhere")


def test_what_is_finished_nobody_takes(bearers):
    with bearers.lease("here") as lease, lease.step():
        lease.finish()
    bearers.time += LEASE
    assert not bearers.takes("here")
    assert outbox.waiting([PLAN]) == []


def test_a_restore_is_no_repair(bearers):
    assert not bearers.takes("here", RESTORE)


@pytest.mark.parametrize("stage", set(Stage) - {Stage.RUNNING})
def test_only_a_running_plan_goes_on(bearers, stage):
    with bearers.lease("here") as lease:
        lease.go_on()
        bearers.stage = stage
        with pytest.raises(Stopped):
            lease.go_on()
