"""Held means held, on a real Postfix and Dovecot with a login cache, Postwarden running and not."""

import contextlib
import imaplib
import json
import os
import poplib
import signal
import smtplib
import sqlite3
import subprocess
import sys
import time

import pytest

from cli.conftest import ask
from drills.lab import clients
from drills.lab.conftest import _end, _place, servers  # noqa: F401  # fixtures
from people.conftest import KeyFile
from postwarden.drills.lab import service
from postwarden.drills.lab.service import HOST, send
from postwarden.holds.rules import Wording
from postwarden.holds.sentences import sentence
from postwarden.state.database import FILE

pytestmark = pytest.mark.servers
REASON = sentence(Wording.EXAMINATION, "en")
CACHE = "auth_cache_size = 10M\nauth_cache_ttl = 1h\n"
FORWARD = b'redirect "ben@example.test";\n'


class Provider:
    """The lab as a test uses it."""

    def __init__(self, lab, key):
        self.lab, self.key = lab, key

    def run(self, *words, who="anna"):
        answer = ask(*words, "-c", self.lab.config, "--as", who)
        assert answer.status == 0, answer.err
        return answer.out

    def release(self, *accounts):
        plan = self.run("release", *accounts).split()[1]
        assert "carried out" in self.run("approve", plan, "--key", self.key.path, who="ben")

    def refusals(self, account):
        return {name: login(self.lab, account) for name, login in LOGINS.items()}

    def stop(self):
        """Kill what Postwarden runs, as an accident does."""
        for name in ("policy", "worker"):
            os.kill(service.status(self.lab.root).pids[name], signal.SIGKILL)
        until(lambda: service.status(self.lab.root).pids["policy"] is None)

    def _stopped(self, process):
        """Stop a process, but not where it would keep everybody from writing meanwhile."""
        os.kill(process, signal.SIGSTOP)
        try:
            with contextlib.closing(sqlite3.connect(self.lab.root / "state" / FILE, 0.2)) as state:
                state.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            os.kill(process, signal.SIGCONT)
            return False
        return True

    @contextlib.contextmanager
    def worker_held_up(self):
        """Let nothing be done by the worker meanwhile."""
        process = service.status(self.lab.root).pids["worker"]
        until(lambda: self._stopped(process))
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def start(self):
        self.lab = service.up(self.lab.root)

    def queued(self):
        lines = self.lab.servers.postfix_command("postqueue", "-j").splitlines()
        return [(one["queue_name"], one["sender"]) for one in map(json.loads, lines)]

    def sieve(self, account):
        return self.lab.servers.doveadm("sieve", "list", "-u", account)


def until(reached, seconds=20):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def imap(lab, account):
    session = imaplib.IMAP4(HOST, lab.ports.imap, 20)
    try:
        session.login(account, lab.passwords[account])
    except imaplib.IMAP4.error as error:
        return str(error)
    finally:
        session.shutdown()
    return ""


def pop3(lab, account):
    session = poplib.POP3(HOST, lab.ports.pop3, 20)
    with contextlib.closing(session):
        session.user(account)
        try:
            session.pass_(lab.passwords[account])
        except poplib.error_proto as error:
            return str(error)
    return ""


def submission(lab, account):
    with smtplib.SMTP(HOST, lab.ports.submission, timeout=20) as session:
        try:
            session.login(account, lab.passwords[account])
        except smtplib.SMTPAuthenticationError as error:
            return str(error)
    return ""


def managesieve(lab, account):
    return "" if clients.sieve(lab, account, lab.passwords[account]) else REASON


LOGINS = {"imap": imap, "pop3": pop3, "submission": submission, "sieve": managesieve}


@pytest.fixture(scope="module")
def provider(servers, tmp_path_factory):  # noqa: F811  # the fixture
    with _place() as place:
        try:
            lab = service.up(place / "lab")
            own = (lab.root / "dovecot" / "holds.conf").read_text().partition("\n")[2]
            service.down(lab.root)
            (lab.root / "dovecot" / "holds.conf").write_text(own + CACHE)
            provider = Provider(service.up(lab.root), KeyFile(tmp_path_factory.mktemp("key")))
            provider.run("person", "add", "anna", "--role", "postmaster")
            provider.run("person", "add", "ben", "--role", "officer")
            provider.run("person", "enrol", "ben", "--key", provider.key.path)
            yield provider
        finally:
            _end(place / "lab")


def test_a_held_account_is_refused_everywhere_with_the_reason_and_no_other_is(provider):
    assert provider.refusals("carl@example.test") == dict.fromkeys(LOGINS, "")  # warms the cache
    provider.run("hold", "carl@example.test")
    for protocol, told in provider.refusals("carl@example.test").items():
        assert REASON in told, protocol
    began = time.monotonic()
    assert provider.refusals("dora@example.test") == dict.fromkeys(LOGINS, "")
    assert time.monotonic() - began < 2
    with provider.worker_held_up():
        provider.release("carl@example.test")
        assert provider.refusals("carl@example.test") == dict.fromkeys(LOGINS, "")


def test_while_postwarden_is_down_it_stays_held(provider):
    account = "emil@example.test"
    assert provider.refusals(account) == dict.fromkeys(LOGINS, "")
    provider.run("hold", account)
    provider.stop()
    try:
        assert REASON in imap(provider.lab, account)
        assert REASON in pop3(provider.lab, account)
        login = (account, provider.lab.passwords[account])
        service.submit(provider.lab.ports.submission, login, ["ben@example.test"], b"a: b\r\n\r\n")
        assert ("hold", account) in provider.queued()
        assert imap(provider.lab, "dora@example.test") == ""
    finally:
        provider.start()
    provider.release(account)


def test_live_sessions_end_and_mail_of_open_ones_is_held(provider):
    account, other = "frida@example.test", "gus@example.test"
    lab = provider.lab
    session = imaplib.IMAP4(HOST, lab.ports.imap, 20)
    session.login(account, lab.passwords[account])
    others = imaplib.IMAP4(HOST, lab.ports.imap, 20)
    others.login(other, lab.passwords[other])
    with smtplib.SMTP(HOST, lab.ports.submission, timeout=20) as within:
        within.login(account, lab.passwords[account])
        within.mail(account)
        within.rcpt("ben@example.test")
        provider.run("hold", account)
        assert within.data(b"Subject: x\r\n\r\n")[0] == 250
        within.sendmail(account, ["ben@example.test"], b"Subject: y\r\n\r\n")
    assert provider.queued().count(("hold", account)) == 2
    until(lambda: account not in lab.servers.doveadm("who"))
    assert others.noop()[0] == "OK"
    with pytest.raises((imaplib.IMAP4.abort, OSError)):
        session.noop()
    session.shutdown()
    others.shutdown()
    provider.release(account)


def test_redirects_stop_while_mail_keeps_arriving(provider):
    account = "hanna@example.test"
    its = provider.lab.servers
    its.doveadm("sieve", "put", "-a", "-u", account, "main", text=FORWARD)
    provider.run("hold", account)
    until(lambda: "ACTIVE" not in provider.sieve(account), 120)  # others may be before it
    send(provider.lab.ports.smtp, "shop@sender.example", [account], b"Subject: kept\r\n\r\n")
    until(lambda: "kept" in its.doveadm("fetch", "-u", account, "hdr.subject", "ALL"))
    assert "kept" not in its.doveadm("fetch", "-u", "ben@example.test", "hdr.subject", "ALL")
    provider.release(account)
    until(lambda: "main ACTIVE" in provider.sieve(account), 60)


@pytest.mark.parametrize("seconds", [0.0, 0.3])
def test_a_command_killed_anywhere_is_finished_by_the_worker(provider, tmp_path, seconds):
    accounts = [f"user{number}{seconds}@example.test" for number in range(250)]
    (tmp_path / "list").write_text("\n".join([*accounts, "ida@example.test"]))
    words = ["hold", "--file", str(tmp_path / "list"), "-c", str(provider.lab.config)]
    start = "from postwarden.cli import main; main()"
    command = subprocess.Popen(
        [sys.executable, "-c", start, *words, "--as", "anna", "--reason", str(seconds)]
    )
    until(lambda: command.poll() is not None or str(seconds) in provider.run("plans"), 60)
    time.sleep(seconds)
    command.kill()
    command.wait()
    until(lambda: len(held(provider, seconds)) == len(accounts), 60)
    until(lambda: REASON in imap(provider.lab, "ida@example.test"))
    provider.release("--file", str(tmp_path / "list"))
    assert held(provider, seconds) == []


def held(provider, seconds):
    lines = provider.run("holds", "--json").splitlines()
    return [one for one in lines if f"{seconds}@example.test" in one]
