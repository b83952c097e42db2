"""The loop: chores at their interval, failures told and tried again, an end when asked."""

import signal
import threading
import time
from itertools import pairwise
from unittest import mock

import pytest
from django.db import DataError, InterfaceError, OperationalError, connection, connections

from ledger.conftest import Book, entry
from postwarden.ledger.service import FileAnchor
from postwarden.vocabulary import PostwardenError
from postwarden.worker.service import Chore, Loop, hold_chores, ledger_chores


def run(chores, done, before_the_end=lambda: None):
    """Run a loop until an event is set, at most ten seconds; give what it told."""
    told = []
    loop = Loop(chores, told.append)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert done.wait(10)
    before_the_end()
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
    assert told[0] == ("failing", fault, 0.02)
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


def test_signals_do_afterwards_what_they_did_before():
    seen = []
    loop = Loop([Chore("looks", 1, lambda: seen.append(signal.getsignal(signal.SIGINT)))], print)
    threading.Timer(0.1, loop.stop).start()
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    loop.run()
    assert seen == [loop.stop]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_an_error_of_the_database_ends_no_other_chore():
    def fail():
        raise DataError("value too long")

    calls = []
    chore, done = counting(3, calls)
    told = run([Chore("failing", 0.01, fail), chore], done)
    assert (told[0].chore, str(told[0].error)) == ("failing", "value too long")


def test_one_that_fails_for_long_is_tried_within_its_limit():
    times = []
    done = threading.Event()

    def fail():
        times.append(time.monotonic())
        if len(times) == 12:
            done.set()
        raise PostwardenError("no")

    run([Chore("failing", 0.01, fail, most_seconds=0.1)], done)
    gaps = [after - before for before, after in pairwise(times)]
    assert min(gaps[4:]) >= 0.1
    assert sum(gaps) < 0.01 * 2**10


def test_holds_are_tried_again_within_five_seconds_whatever_failed():
    chore, _ = hold_chores(mock.Mock())
    assert (chore.name, chore.aside) == ("holds", False)
    assert max(chore.seconds, chore.most_seconds) <= 5


def test_nothing_waits_for_a_chore_aside():
    begun, over = threading.Event(), threading.Event()

    def hang():
        begun.set()
        over.wait(30)

    calls = []
    chore, done = counting(3, calls)
    assert run([Chore("slow", 0.01, hang, aside=True), chore], done, over.set) == []
    assert begun.is_set()
    assert len(calls) >= 3


def test_the_end_waits_for_a_chore_aside_but_not_for_ever():
    begun, over, ended = threading.Event(), threading.Event(), []

    def hang():
        begun.set()
        over.wait(30)
        ended.append(time.monotonic())

    loop = Loop([Chore("slow", 0.01, hang, aside=True)], lambda _: None, last_seconds=0.3)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert begun.wait(10)
    stopped = time.monotonic()
    loop.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert time.monotonic() - stopped >= 0.3
    assert not ended
    over.set()


def test_a_chore_aside_that_ends_in_time_is_waited_for():
    begun, ended = threading.Event(), []

    def work():
        begun.set()
        time.sleep(0.2)
        ended.append(True)

    loop = Loop([Chore("slow", 60, work, aside=True)], lambda _: None)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert begun.wait(10)
    loop.stop()
    thread.join(10)
    assert ended == [True]


def test_one_aside_that_fails_is_told_and_tried_again():
    calls = []
    counted, done = counting(3, calls)

    def fail():
        counted.do()
        raise OSError("the host is away")

    told = run([Chore("anchor", 0.01, fail, aside=True)], done)
    assert [(one.chore, str(one.error)) for one in told[:2]] == [("anchor", "the host is away")] * 2


def test_a_fault_of_the_program_aside_ends_the_loop():
    loop = Loop([Chore("broken", 1, lambda: 1 // 0, aside=True)], lambda _: None)
    with pytest.raises(ZeroDivisionError):
        loop.run()


def test_a_slow_anchor_keeps_its_head_and_no_connection(state, tmp_path):
    book = Book(state)
    book.fill(5)
    reached, go_on, kept = threading.Event(), threading.Event(), threading.Event()
    opened = []

    class Slow(FileAnchor):
        def write(self, note):
            reached.set()
            assert go_on.wait(10)
            super().write(note)

    def anchored():
        anchoring.do()
        opened.append((connection.connection is not None, connections["default"]))
        kept.set()

    _, anchoring = ledger_chores(book.ledger, [Slow(str(tmp_path / "heads"))], 0.01)
    loop = Loop([Chore("anchor", 0.01, anchored, aside=True)], lambda _: None)
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert reached.wait(10)
    book.append(entry(6))
    go_on.set()
    assert kept.wait(10)
    loop.stop()
    thread.join(10)
    was_open, its_own = opened[0]
    assert was_open
    assert its_own.connection is None
    assert len(FileAnchor(str(tmp_path / "heads")).read()) == 1
    assert anchoring.aside
