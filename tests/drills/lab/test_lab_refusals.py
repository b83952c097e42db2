"""Where no lab can be: nothing is changed, and a sentence says what to do."""

import os
import re
from pathlib import Path

import pytest

from postwarden.drills.lab import requirements, service
from postwarden.drills.lab.service import (
    LabError,
    MailRefused,
    MissingServers,
    NoLab,
    UnfitFolder,
    send,
)
from postwarden.durable.service import LockedElsewhereError, locked_file


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """Let this machine seem to have the servers, and this user seem to be root."""
    stand_in = tmp_path / "dovecot"
    stand_in.write_text("#!/bin/sh\necho 2.3.19.1 '(9b53102964)'\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(requirements, "DOVECOT", str(stand_in))
    monkeypatch.setattr(requirements, "NEEDED", {"dovecot-core": str(stand_in)})
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return stand_in


def test_missing_packages_are_named(installed, monkeypatch, folder, postwarden):
    needed = {"postfix": "/nonexistent/master", "dovecot-imapd": "/nonexistent/imap"}
    monkeypatch.setattr(requirements, "NEEDED", needed)
    answer = postwarden("lab", "up", "--dir", folder)
    assert answer.status == 2
    assert "apt-get install --no-install-recommends postfix dovecot-imapd" in answer.err
    assert not folder.exists()


@pytest.mark.parametrize(("tool", "remedy"), [("/usr/bin/sudo", "run: sudo "), (None, "as root")])
def test_without_root_it_says_how(installed, monkeypatch, folder, postwarden, tool, remedy):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(requirements.shutil, "which", {"sudo": tool}.get)
    for command in ("up", "down"):
        answer = postwarden("lab", command, "--dir", folder)
        assert answer.status == 2
        assert remedy in answer.err
    assert not folder.exists()


def test_another_dovecot_is_told_apart(installed, folder):
    installed.write_text("#!/bin/sh\necho 2.4.1 '(7d8c0e5759)'\n")
    with pytest.raises(MissingServers, match=re.escape("has Dovecot 2.4.1, but")):
        service.up(folder)


@pytest.mark.parametrize("name", ["my lab", "läb", "lab;x", "50%", "a,b", "$lab", "x" * 80])
def test_names_the_servers_cannot_have(installed, folder, name):
    with pytest.raises(UnfitFolder, match="name a"):
        service.up(folder.parent / name)
    assert list(folder.parent.iterdir()) == []


def test_a_closed_folder_above_is_named(installed, folder):
    folder.parent.chmod(0o700)
    with pytest.raises(UnfitFolder, match=f"{folder.parent} keeps .* chmod o\\+x {folder.parent}"):
        service.up(folder)
    assert not folder.exists()


def test_what_others_have_in_a_folder_stays_alone(installed, folder):
    folder.mkdir()
    (folder / "letters.txt").write_text("mine")
    with pytest.raises(UnfitFolder, match=r"not empty \(letters.txt\)"):
        service.up(folder)
    assert {one.name for one in folder.iterdir()} == {"letters.txt", "lab.lock"}


def test_two_at_once_do_not_meet(installed, folder):
    folder.mkdir()
    with locked_file(str(folder / "lab.lock")), pytest.raises(LockedElsewhereError):
        service.up(folder)
    assert [one.name for one in folder.iterdir()] == ["lab.lock"]


def test_where_no_lab_is_there_is_none_to_show_or_stop(installed, folder, postwarden):
    for act in (service.status, service.down):
        with pytest.raises(NoLab, match=f"postwarden lab up --dir {folder}"):
            act(folder)
    assert postwarden("lab", "status", "--dir", folder).status == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"store": "tape", "ports": {}}', "\udcff"])
def test_a_changed_record_is_named(installed, folder, text):
    folder.mkdir()
    (folder / "lab.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(LabError, match="is not as it was written"):
        service.status(folder)


def test_mail_nobody_takes_is_refused_in_time():
    with pytest.raises(MailRefused, match="port 1:"):
        send(1, "a@sender.example", ["b@example.test"], b"", seconds=1)


def test_default_folder_is_beside_the_caller(installed, folder, postwarden):
    folder.mkdir()
    answer = postwarden("lab", "status", folder=Path(folder))
    assert f"{folder}/lab: no lab is here" in answer.err
