"""A lab starts, goes on, is mended and stops; what others have is left alone."""

import json
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from drills.lab import clients
from postwarden.configuration import load
from postwarden.drills.lab import service
from postwarden.drills.lab.cast import STAGING, THROW_AWAY
from postwarden.drills.lab.processes import end, wait_until
from postwarden.drills.lab.service import HOST, NotReady, Store, UnfitFolder, send, submit
from postwarden.servers.doveadm import DoveadmServer

pytestmark = pytest.mark.servers
ANNA = "anna@example.test"
TEXT = b"Message-ID: <1@sender.example>\r\n\r\nhello\r\n"
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def deliver(lab, recipient):
    send(lab.ports.smtp, "shop@sender.example", [recipient], TEXT)
    lab.servers.wait_for_empty_queue()


def inbox(lab, account):
    local, _, domain = account.partition("@")
    return list((lab.root / "vmail" / domain / local / "Maildir" / "new").glob("*"))


def processes_below(folder):
    """Give the command lines of processes that name the folder or have it as theirs."""
    found = []
    for one in Path("/proc").glob("[0-9]*"):
        try:
            command, here = (one / "cmdline").read_bytes(), os.readlink(one / "cwd")
        except OSError:
            continue
        if command and (f"{folder}/".encode() in command or here.startswith(f"{folder}/")):
            found.append(command)
    return found


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def kill(pid):
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not command_of(pid), "the kill")


def test_up_again_keeps_what_runs_and_starts_what_was_killed(make):
    lab = make()
    assert lab.is_up
    assert make() == lab
    for part in lab.pids:
        kill(lab.pids[part])
        broken = service.status(lab.root)
        assert not broken.is_up
        assert broken.pids == lab.pids | {part: None}
        mended = make()
        assert mended.is_up
        assert {name for name in lab.pids if mended.pids[name] != lab.pids[name]} == {part}
        lab = mended
    assert clients.imap(lab, ANNA, lab.passwords[ANNA])
    deliver(lab, ANNA)
    assert len(inbox(lab, ANNA)) == 1


def test_down_ends_all_of_it_and_keeps_the_mail(make):
    lab = make()
    deliver(lab, ANNA)
    ended = service.down(lab.root)
    assert set(ended.pids.values()) == {None}
    assert processes_below(lab.root) == []
    for port in lab.ports.named().values():
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((HOST, port), 1)
    assert len(inbox(lab, ANNA)) == 1
    assert service.down(lab.root) == ended
    again = make()
    assert (again.ports, again.passwords) == (lab.ports, lab.passwords)
    deliver(again, ANNA)
    assert len(inbox(again, ANNA)) == 2


def test_a_making_that_was_stopped_is_gone_on_with(make):
    lab = make()
    service.down(lab.root)
    for one in lab.root.iterdir():
        if one.is_dir():
            shutil.rmtree(one)
        elif one.name != "lab.json":
            one.unlink()
    again = make()
    assert again.passwords == lab.passwords
    assert clients.imap(again, ANNA, lab.passwords[ANNA])


def test_a_port_taken_while_the_rest_runs_is_named(make):
    lab = make()
    end(lab.servers.dovecot)
    with socket.create_server((HOST, lab.ports.imap)), pytest.raises(NotReady) as refusal:
        make()
    assert f"{HOST}, {lab.ports.imap}" in str(refusal.value)
    assert make().is_up


def test_after_a_reboot_process_ids_belong_to_others(make):
    lab = make()
    for pid in lab.pids.values():
        kill(pid)
    stranger = subprocess.Popen(["sleep", "300"], start_new_session=True)
    try:
        for part, boot in (("dovecot", BOOT), ("postfix", "0" * 8), ("worker", "")):
            (lab.root / "pid" / part).write_text(f"{stranger.pid} {boot}\n")
        (lab.root / "run" / "master.pid").write_text(f"{stranger.pid}\n")
        (lab.root / "queue" / "pid" / "master.pid").write_text(f"{stranger.pid}\n")
        assert not service.status(lab.root).is_up
        assert make().is_up
        service.down(lab.root)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_port_that_another_took_is_replaced_everywhere(make):
    lab = make(Store.MDBOX)
    before = lab.config.read_text()
    service.down(lab.root)
    with socket.create_server((HOST, lab.ports.doveadm)):
        moved = make()
        assert moved.ports.doveadm != lab.ports.doveadm
        kept = moved.ports.named() | {"doveadm": lab.ports.doveadm}
        assert kept == lab.ports.named()
        assert str(moved.ports.doveadm) in lab.config.read_text()
        service.down(lab.root)
        lab.config.write_text(f"{before}# mine\n")
        make()
    assert lab.config.read_text() == f"{before}# mine\n"


def test_mdbox_mail_is_the_persons_who_called_sudo(make, monkeypatch):
    monkeypatch.setenv("SUDO_UID", "12345")
    monkeypatch.setenv("SUDO_GID", "23456")
    lab = make(Store.MDBOX)
    deliver(lab, "family.mulder@example.org")
    (store,) = load(str(lab.config)).stores
    server = DoveadmServer()
    assert sorted(server.accounts(store)) == sorted((*lab.passwords, STAGING, THROW_AWAY))
    (found,) = server.messages(store, "oma@example.org", ("hdr", "mailbox"))
    assert "<1@sender.example>" in found["hdr"]
    stored = lab.root / "vmail" / "example.org" / "oma" / "mdbox"
    for path in (stored, lab.root, lab.config, lab.root / "accounts.csv", lab.root / "lab.json"):
        assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456), path
    with pytest.raises(UnfitFolder, match="mdbox"):
        make(Store.MAILDIR)


def test_settings_for_holds_are_read_last(make):
    lab = make()
    service.down(lab.root)
    reasons = lab.root / "dovecot" / "held"
    reasons.write_text(f"{ANNA}:::::::nopassword=y nologin=y reason=held\n")
    (lab.root / "dovecot" / "holds.conf").write_text(
        "passdb {\n  driver = passwd-file\n"
        f"  args = username_format=%Lu {reasons}\n"
        "  skip = unauthenticated\n  result_failure = continue\n  result_success = continue-ok\n}\n"
    )
    (lab.root / "postfix" / "holds.cf").write_text(
        f"smtpd_sender_restrictions = check_sasl_access inline:{{{{ {ANNA} = HOLD held }}}}\n"
    )
    lab = make()
    assert not clients.imap(lab, ANNA, lab.passwords[ANNA])
    assert clients.imap(lab, "ben@example.test", lab.passwords["ben@example.test"])
    submit(lab.ports.submission, (ANNA, lab.passwords[ANNA]), ["ben@example.test"], TEXT)
    wait_until(lambda: [*(lab.root / "queue" / "hold").rglob("?" * 8 + "*")], "the held message")
    assert inbox(lab, "ben@example.test") == []


def test_the_commands_say_how_it_stands(make, folder, postwarden):
    told = json.loads(postwarden("lab", "up", "--dir", folder, "--json").out)
    assert None not in told["pids"].values()
    kill(told["pids"]["worker"])
    answer = postwarden("lab", "status", "--dir", folder)
    assert answer.status == 1
    assert "worker     does not run: log/worker.out" in answer.out
    answer = postwarden("lab", "down", "--dir", folder)
    assert answer.status == 0
    assert answer.out.count("does not run") == 4
