"""The loop: chores at their interval, failures told and tried again, an end when asked."""

import threading
import time
from itertools import pairwise

import pytest
from django.db import InterfaceError, OperationalError

from postwarden.vocabulary import PostwardenError
from postwarden.worker.service import Chore, Loop


def run(chores, done):
    """Run a loop until an event is set, at most ten seconds; give what it told."""
    told = []
    loop = Loop(chores, told.append)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert done.wait(10)
    loop.stop()
    thread.join(10)
    assert not thread.is_alive()
    return told


def counting(times, calls, name="count", seconds=0.01):
    done = threading.Event()

    def do():
        calls.append(time.monotonic())
        if len(calls) >= times:
            done.set()

    return Chore(name, seconds, do), done


def test_a_chore_is_done_again_and_again():
    calls = []
    chore, done = counting(3, calls, seconds=0.05)
    assert run([chore], done) == []
    assert calls[2] - calls[0] >= 0.1


@pytest.mark.parametrize(
    "fault",
    [
        PostwardenError("the host is away"),
        OSError("the disk is full"),
        OperationalError("the server closed the connection"),
        InterfaceError("the connection is closed"),
    ],
)
def test_one_that_fails_is_told_and_stops_no_other(fault):
    def fail():
        raise fault

    calls = []
    chore, done = counting(3, calls)
    told = run([Chore("failing", 0.01, fail), chore], done)
    assert told[0] == f"failing: {fault}; it will be tried again"
    assert len(calls) >= 3


def test_one_that_fails_waits_longer_each_time():
    times = []
    done = threading.Event()

    def fail():
        times.append(time.monotonic())
        if len(times) == 4:
            done.set()
        raise PostwardenError("no")

    run([Chore("failing", 0.02, fail)], done)
    gaps = [after - before for before, after in pairwise(times)]
    assert gaps[0] >= 0.04
    assert gaps[1] >= 0.08
    assert gaps[2] >= 0.16


def test_a_fault_of_the_program_is_not_hidden():
    loop = Loop([Chore("broken", 1, lambda: 1 // 0)], lambda _: None)
    with pytest.raises(ZeroDivisionError):
        loop.run()
