"""Personal keys on the command line: a file, or an SSH agent that keeps the private half."""

import os
import re

import pytest
from django.db import connections

from people.conftest import KeyFile, run

EVA = "eva@example.net"


@pytest.fixture
def agent(tmp_path, monkeypatch):
    """A private ssh-agent; what is added to it is in no file any more."""
    socket = tmp_path / "agent"
    started = run("ssh-agent", "-a", socket)
    process = re.search(r"SSH_AGENT_PID=(\d+)", started)[1]
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    yield lambda key: (run("ssh-add", "-q", key.path), key.path.unlink())
    os.kill(int(process), 15)


@pytest.fixture
def desk(own_tree, postwarden):
    def ask(*words, who="anna", status=0):
        answer = postwarden(
            *words, "--as", who, "-c", own_tree / "postwarden.toml", folder=own_tree
        )
        assert answer.status == status, answer
        return answer.out + answer.err

    ask("person", "add", "anna", "--role", "postmaster")
    ask("person", "add", "dora", "--role", "officer")
    yield ask
    connections.close_all()


def held(desk):
    return re.search(r"by plan ([0-9a-f]{12})", desk("hold", EVA))[1]


def test_a_key_in_a_file_enrols_and_approves(desk, tmp_path):
    key = KeyFile(tmp_path)
    assert "Enrolled SHA256:" in desk("person", "enrol", "dora", "--key", key.path, who="dora")
    told = desk("approve", held(desk), "--key", key.path, who="dora")
    assert "as dora: 1 act." in told


def test_a_key_in_an_agent_enrols_and_approves_by_its_public_half(desk, tmp_path, agent):
    key = KeyFile(tmp_path)
    agent(key)
    public = f"{key.path}.pub"
    assert "Enrolled SHA256:" in desk("person", "enrol", "dora", "--key", public, who="dora")
    told = desk("approve", held(desk), "--key", public, who="dora")
    assert "as dora: 1 act." in told


def test_without_agent_and_private_half_nothing_is_signed(desk, tmp_path, agent, monkeypatch):
    key = KeyFile(tmp_path)
    agent(key)
    monkeypatch.delenv("SSH_AUTH_SOCK")
    told = desk("person", "enrol", "dora", "--key", f"{key.path}.pub", who="dora", status=2)
    assert "OpenSSH could not sign with it" in told


def test_a_key_that_is_nobodys_approves_nothing(desk, tmp_path):
    mine, other = KeyFile(tmp_path), KeyFile(tmp_path)
    desk("person", "enrol", "dora", "--key", mine.path, who="dora")
    plan = held(desk)
    assert "approve" not in desk("approve", plan, "--key", other.path, who="dora", status=2)
    assert "to be approved after" in desk("plans")


def test_who_asked_does_not_approve(desk, tmp_path):
    key = KeyFile(tmp_path)
    desk("person", "enrol", "anna", "--key", key.path)
    told = desk("approve", held(desk), "--key", key.path, status=2)
    assert "who asked for a plan cannot approve it" in told
