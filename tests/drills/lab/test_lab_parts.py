"""Pure parts of the lab, and its processes without servers."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from postwarden.configuration import load
from postwarden.custody.quarantine.identities import make_key_file
from postwarden.drills.lab import cast, folder, processes, toml
from postwarden.drills.lab.errors import NotReady
from postwarden.drills.lab.options import HOST, Ports, Store
from postwarden.drills.lab.processes import Part, end, running, start, wait_until

BIND = """
import socket, sys
taken = socket.create_server(("{host}", {port}))
print("bound", flush=True)
sys.stdin.read()
"""
ENVIRONMENT = {"PATH": os.environ["PATH"]}


@pytest.fixture
def part(tmp_path):
    """Give a maker of parts whose program is a line of shell; all end with the test."""
    (tmp_path / "log").mkdir()
    made = []

    def make(line):
        made.append(Part("p", tmp_path, ("/bin/sh", "-c", line, f"{tmp_path}/x"), lambda: at_once))
        return made[-1]

    yield make
    for one in made:
        end(one)


def at_once():
    return True


def written(place):
    wait_until(place.exists, place.name)
    return int(place.read_text())


def lives(pid):
    return processes._process(pid) is not None


def test_fifty_people_of_two_domains_and_everyone_is_somebody():
    assert len(set(cast.ACCOUNTS)) == 50
    assert {one.partition("@")[2] for one in cast.ACCOUNTS} == set(cast.DOMAINS)
    table = dict(line.split(" ", 1) for line in cast.virtual().splitlines())

    def holders(address):
        if address in cast.ACCOUNTS:
            return {address}
        return {one for target in table[address].split(", ") for one in holders(target)}

    assert all(holders(alias) for alias in table)
    assert not set(table) & set(cast.ACCOUNTS)
    assert len(holders("family.mulder@example.org")) == len(cast.FAMILY)
    assert len(holders("everyone@example.test")) > 10
    assert holders("postmaster@example.org") == holders("postmaster@example.test")


@pytest.mark.parametrize("store", Store)
def test_the_configuration_is_one(tmp_path, store):
    state = folder.chosen(store)
    recipient = make_key_file(str(tmp_path / "quarantine.key"))
    (tmp_path / "postwarden.toml").write_text(toml.configuration(state, recipient))
    found = load(str(tmp_path / "postwarden.toml"))
    assert found.stores[0].driver == ("maildir" if store is Store.MAILDIR else "doveadm")
    assert [log.format for log in found.logs] == ["postfix", "dovecot", "dovecot-events"]
    assert {log.year for log in found.logs} == {state.year}
    assert found.quarantine.recipients == (recipient,)
    other = replace(state, ports=Ports.free())
    text = toml.configuration(state, recipient)
    assert toml.configuration(other, recipient) != text
    assert toml.is_as_written(toml.configuration(other, recipient), state, recipient)
    assert not toml.is_as_written(text + "processes = 1\n", state, recipient)
    elsewhere = toml.configuration(folder.chosen(store), recipient)
    assert not toml.is_as_written(elsewhere, state, recipient)  # the key is of its own


def test_what_was_chosen_is_read_as_it_was_written(tmp_path):
    state = folder.chosen(Store.MDBOX)
    folder.save(tmp_path, state)
    assert folder.read(tmp_path) == state
    assert len(set(state.passwords.values())) == 50


def test_ports_are_kept_where_nobody_has_them():
    first = Ports.free()
    assert len(set(first.named().values())) == len(first.named())
    assert Ports.free(first.named()) == first
    taken = subprocess.Popen(
        [sys.executable, "-c", BIND.format(host=HOST, port=first.imap)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with taken:
        taken.stdout.readline()
        second = Ports.free(first.named())
        assert second.imap != first.imap
        assert replace(second, imap=first.imap) == first
        taken.stdin.close()


def test_a_part_runs_until_it_is_ended(part):
    one = part("exec sleep 60")
    assert running(one) is None
    sleeper = Part("p", one.root, ("/bin/sleep", "60"), one.watch)
    start(sleeper, ENVIRONMENT)
    pid = running(sleeper)
    assert lives(pid)
    assert running(one) is None
    end(sleeper)
    assert running(sleeper) is None
    assert not lives(pid)
    end(sleeper)


def test_what_ends_at_once_says_what_it_printed(part):
    slow = Part("p", part("").root, ("/bin/sh", "-c", "echo no licence >&2"), lambda: never)
    with pytest.raises(NotReady, match="p ended at once: no licence"):
        start(slow, ENVIRONMENT)
    missing = Part("p", slow.root, ("/nonexistent/program",), lambda: never)
    with pytest.raises(NotReady, match="nonexistent"):
        start(missing, ENVIRONMENT)


def never():
    return False


def test_the_children_of_a_killed_part_end_with_the_next_start(part, tmp_path):
    one = part('sleep 60 & echo $! >"$0"; wait')
    start(one, ENVIRONMENT)
    leader, child = running(one), written(tmp_path / "x")
    os.kill(leader, signal.SIGKILL)
    wait_until(lambda: running(one) is None, "the kill")
    assert lives(child)
    start(one, ENVIRONMENT)
    assert not lives(child)
    assert running(one) not in (leader, None)


def test_a_part_that_will_not_end_is_killed(part, monkeypatch):
    monkeypatch.setattr(processes, "_PATIENCE", 0.2)
    one = part("trap '' TERM; while :; do sleep 0.05; done")
    start(one, ENVIRONMENT)
    pid = running(one)
    end(one)
    assert not lives(pid)


@pytest.mark.parametrize("text", ["", "x", "1", "1 2 3", "{pid} another-boot"])
def test_records_that_say_nothing_are_no_process(part, text):
    one = part("sleep 60")
    start(one, ENVIRONMENT)
    pid, right = running(one), one.pid_file.read_text()
    one.pid_file.write_text(text.format(pid=pid))
    assert running(one) is None
    one.pid_file.write_text(right)
    assert running(one) == pid


def test_a_stranger_with_the_number_is_left_alone(part):
    one = part("exit")
    stranger = subprocess.Popen(["/bin/sleep", "60"], start_new_session=True)
    with stranger:
        boot = Path(processes._BOOT).read_text()
        one.pid_file.parent.mkdir()
        one.pid_file.write_text(f"{stranger.pid} {boot}")
        assert running(one) is None
        end(one)
        assert stranger.poll() is None
        stranger.kill()
    assert not one.pid_file.exists()
