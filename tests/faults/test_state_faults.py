"""Databases that fail under commands and the worker, as processes: what is told, and how it ends."""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager

import pytest

from servers.databases import SECRET, Database, postgresql

ACCOUNTS = [f"user{number}@example.net" for number in range(300)]
CONFIGURATION = """
[provider]
name = "Example Mail"
domains = ["example.net"]

[[stores]]
name = "main"
driver = "maildir"
path = "{place}/{{domain}}/{{local}}/Maildir"

[[directories]]
accounts = {{ format = "postfix-virtual", path = "{place}/mailboxes" }}

[state]
path = "{place}/state"
{url}

[holds]
path = "{place}/holds"

[ledger]
interval_seconds = 1
anchors = [{{ file = "{place}/anchor" }}]
"""
START = (sys.executable, "-c", "from postwarden.cli import main; main()")


class Installation:
    """An installation on SQLite, or on PostgreSQL where a URL is given, used by its command line."""

    def __init__(self, place, url=""):
        self.place, self.config = place, place / "postwarden.toml"
        self.config.write_text(
            CONFIGURATION.format(place=place, url=f'url = "{url}"' if url else "")
        )
        (place / "accounts").write_text("\n".join(ACCOUNTS))
        self.must("person", "add", "anna", "--role", "postmaster", "--as", "anna")

    def run(self, *words, wrap=(), **more):
        command = [*wrap, *START, *words, "-c", str(self.config)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def must(self, *words, **more):
        done = self.run(*words, **more)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def hold(self, **more):
        listed = ("--file", str(self.place / "accounts"))
        return self.run("hold", *listed, "--reason", "fault", "--as", "anna", **more)

    def held(self):
        with closing(sqlite3.connect(self.place / "holds" / "holds.sqlite")) as file:
            return sorted(account for (account,) in file.execute("SELECT account FROM holds"))

    @contextmanager
    def worker(self):
        command = [*START, "worker", "-c", str(self.config)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            told = []
            reader = threading.Thread(target=lambda: told.extend(process.stderr))
            reader.start()
            try:
                yield process, told
            finally:
                process.terminate()
                process.wait(20)
                reader.join()


def until(reached, seconds=40):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """An installation on SQLite to copy; its paths are written anew."""
    return Installation(tmp_path_factory.mktemp("prepared"))


@pytest.fixture
def installation(prepared, tmp_path):
    shutil.copytree(prepared.place, tmp_path, dirs_exist_ok=True)
    copy = Installation.__new__(Installation)
    copy.place, copy.config = tmp_path, tmp_path / "postwarden.toml"
    copy.config.write_text(copy.config.read_text().replace(str(prepared.place), str(tmp_path)))
    return copy


def test_a_database_locked_for_a_while_is_waited_for(installation):
    held = threading.Event()

    def lock():
        database = sqlite3.connect(installation.place / "state" / "postwarden.sqlite")
        with closing(database):
            database.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(2)
            database.execute("ROLLBACK")

    thread = threading.Thread(target=lock)
    thread.start()
    assert held.wait(10)
    began = time.monotonic()
    assert installation.hold().returncode == 0
    assert time.monotonic() - began > 1.5
    thread.join()
    assert installation.held() == sorted(ACCOUNTS)


@pytest.mark.parametrize("part", [0.01, 0.7])
def test_a_full_disk_is_told_and_afterwards_it_goes_on(installation, part):
    state = installation.place / "state"
    largest = max(file.stat().st_size for file in state.iterdir() if file.is_file())
    most = int(part * largest)

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    failed = installation.hold(preexec_fn=limit)
    assert failed.returncode == 2
    assert failed.stderr.strip()
    again = installation.hold()
    assert again.returncode == 0 or "held already" in again.stderr
    assert installation.held() == sorted(ACCOUNTS)
    assert len(installation.must("holds", "--json", "--as", "anna").splitlines()) == len(ACCOUNTS)
    assert "as they were written" in installation.must("verify")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("what", ["state", "holds"])
def test_a_file_that_cannot_be_written_is_named(installation, what):
    installation.must("hold", "other@example.net", "--as", "anna")
    for path in [installation.place / what, *(installation.place / what).iterdir()]:
        os.chown(path, 65_534, 65_534)
        path.chmod(0o755 if path.is_dir() else 0o644)
    bound = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", "--")
    failed = installation.hold(wrap=bound)
    assert failed.returncode == 2
    assert "readonly database" in failed.stderr or str(installation.place / what) in failed.stderr
    assert installation.held() == ["other@example.net"]
    assert installation.hold().returncode == 0
    assert installation.held() == sorted([*ACCOUNTS, "other@example.net"])


@pytest.mark.servers
def test_a_worker_outlives_its_postgresql(tmp_path):
    with postgresql() as database:
        installation = Installation(
            tmp_path, f"postgresql://mail:{SECRET}@127.0.0.1:{database.port}/postgres"
        )
        with installation.worker() as (process, told):
            until((tmp_path / "holds" / "holds.sqlite").exists)
            database.process.send_signal(signal.SIGQUIT)  # immediate: as a crash, nothing is tidied
            database.process.wait(20)
            until(lambda: any('"event": "trouble"' in line for line in told))
            failed = installation.hold()
            assert (failed.returncode, process.poll()) == (2, None)
            assert "PostgreSQL" in failed.stderr
            with restarted(database):
                until(lambda: installation.hold().returncode == 0)
                until(lambda: installation.held() == sorted(ACCOUNTS))
                until(lambda: "as they were written" in installation.must("verify"))
                assert process.poll() is None
        assert not any("Traceback" in line for line in told)
        assert len(told) < 60, "a chore that fails waits longer each time"


@contextmanager
def restarted(database: Database):
    """Start a server again where it was."""
    with subprocess.Popen(database.process.args, cwd="/", stderr=subprocess.DEVNULL) as again:
        try:
            yield
        finally:
            again.send_signal(signal.SIGINT)
            again.wait(20)
