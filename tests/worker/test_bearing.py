"""Errands done by processes: begun, stopped, and ended with the worker."""

import os
import subprocess
import sys
import threading
import time

import pytest

from cases.conftest import Book
from postwarden.errands.service import Errands, Kind, ScanWish, Stage
from postwarden.people.service import member
from postwarden.rooms import present
from postwarden.worker.service import Bearer

WAITS = """
import os, sys, threading
open(sys.argv[1], "w").write(str(os.getpid()))
os.read(0, 1)
open(sys.argv[1] + ".ended", "w").close()
"""
WORKER = """
import subprocess, sys
process = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2]], stdin=subprocess.PIPE)
print("begun", flush=True)
process.wait()
"""


def until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def book(on_sqlite):
    return Book(on_sqlite)


def bearer(book, code, *words):
    command = (sys.executable, "-c", code, *words)
    return Bearer("scans", book.ledger, (Kind.SCAN,), command, present)


def ask(book):
    return Errands(book.desk).ask(ScanWish("test", 1), member("anna"), present())


def test_a_process_that_was_stopped_ends_and_the_worker_goes_on(book, tmp_path):
    number, file = ask(book).number, tmp_path / "process"
    thread = threading.Thread(target=bearer(book, WAITS, str(file)).run)
    thread.start()
    until(lambda: file.exists() and file.read_text())
    Errands(book.desk).stop(number, member("anna"), present())
    thread.join(20)
    assert not thread.is_alive()
    with pytest.raises(ProcessLookupError):
        os.kill(int(file.read_text()), 0)


def test_a_process_that_ends_without_a_word_is_begun_anew_three_times_at_most(book):
    ask(book)
    one = bearer(book, "raise SystemExit(9)")
    for _ in range(4):
        one.run()
    (told,) = Errands(book.desk).scans(member("anna"))
    assert told.stage is Stage.FAILED


def test_an_errand_s_process_does_not_outlive_the_one_that_began_it(tmp_path):
    file = tmp_path / "process"
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, WAITS, str(file)], stdout=subprocess.PIPE
    )
    with worker:
        until(file.exists)
        worker.kill()
    until((tmp_path / "process.ended").exists)
