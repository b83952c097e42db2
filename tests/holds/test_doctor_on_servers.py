"""The doctor on a real Postfix and Dovecot: green on the lab, and each break of its settings found."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from cli.conftest import ask
from drills.lab.conftest import lab, servers  # noqa: F401  # fixtures
from postwarden.configuration import load
from postwarden.drills.lab import postfix, service
from postwarden.drills.lab.cast import THROW_AWAY
from postwarden.drills.lab.processes import end
from postwarden.drills.lab.service import HOST
from postwarden.holds.doctor.service import Answer, Code, Door, Level, Protocol
from postwarden.holds.file import HeldAccounts
from postwarden.holds.silence import end_silence, silence
from postwarden.servers.probes import MailPrograms
from postwarden.wiring import doctor_findings

pytestmark = pytest.mark.servers
KIM = "kim@example.test"
START = "from postwarden.cli import main; main()"


class Clinic:
    """The lab as these tests use it."""

    def __init__(self, lab):  # noqa: F811  # no fixture here
        self.lab, self.folder = lab, str(lab.root / "holds")
        self.words = ("doctor", "--json", "--as", "anna", "-c", str(lab.config))
        few = re.sub(r'(?m)^    "(pop3|sieve|lmtp)://.*\n', "", lab.config.read_text())
        (lab.root / "few-doors.toml").write_text(few)
        added = ask(
            "person", "add", "anna", "--role", "postmaster", "--as", "anna", "-c", lab.config
        )
        assert added.status == 0, added.err

    def doctor(self, config="postwarden.toml"):
        answer = ask(*self.words[:-1], self.lab.root / config)
        assert answer.out, answer.err
        return answer.status, json.loads(answer.out)

    def begin(self):
        words = (*self.words[:-1], str(self.lab.root / "few-doors.toml"))
        return subprocess.Popen([sys.executable, "-c", START, *words], stdout=subprocess.PIPE)

    def is_held(self):
        return HeldAccounts(self.folder).reason(THROW_AWAY) is not None

    def queued(self):
        lines = self.lab.servers.postfix_command("postqueue", "-j").splitlines()
        return [(one["queue_name"], one["sender"]) for one in map(json.loads, lines)]

    def assert_cleared_up(self):
        assert not self.is_held()
        assert not os.path.exists(os.path.join(self.folder, "silent"))
        assert self.queued() == []
        stored = self.lab.servers.doveadm("search", "-u", THROW_AWAY, "ALL")
        assert stored == ""

    @contextmanager
    def dovecot(self, change):
        """Run Dovecot with other settings of holds for a while."""
        file = self.lab.servers.dovecot_conf.parent / "holds.conf"
        before = file.read_text()
        changed = change(before)
        assert changed != before
        try:
            self._restart_dovecot(file, changed)
            yield
        finally:
            self._restart_dovecot(file, before)

    def _restart_dovecot(self, file, text):
        file.write_text(text)
        end(self.lab.servers.dovecot)
        self.lab.servers.start()

    @contextmanager
    def services(self, more):
        """Run Postfix with more services for a while."""
        file = self.lab.servers.postfix_folder / "master.cf"
        before = file.read_text()
        try:
            self._reload_postfix(file, before + more)
            yield
        finally:
            self._reload_postfix(file, before)

    def _reload_postfix(self, file, text):
        postfix.write_settled(file, text)
        self.lab.servers.reload_postfix()


@pytest.fixture(scope="module")
def clinic(lab):  # noqa: F811  # the fixture
    return Clinic(lab)


def until(reached, seconds=30):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def outcomes(document, stage, scheme):
    return {
        step["outcome"]
        for step in document["steps"]
        if step["stage"] == stage and step["where"].startswith(scheme)
    }


def codes(document, level):
    return {one["code"] for one in document["findings"] if one["level"] == level}


def test_the_lab_is_green_and_left_as_it_was(clinic):
    status, told = clinic.doctor()
    assert [one for one in told["steps"] if one["level"] != "proven"] == []
    assert (status, told["result"]) == (0, "proven")
    for scheme in ("imap", "pop3", "sieve", "submission"):
        for stage in ("held", "held-cold"):
            assert outcomes(told, stage, f"{scheme}://") == {"refused-with-reason"}
        wanted = "mail-held" if scheme == "submission" else "refused-with-reason"
        for stage in ("silent", "silent-cold"):
            assert outcomes(told, stage, f"{scheme}://") == {wanted}
    assert outcomes(told, "held", "a session open at imap://") == {"session-ended"}
    assert outcomes(told, "held", "a session open at submission://") == {"mail-held"}
    assert outcomes(told, "held-cold", "smtp://") == {"mail-stored"}
    assert outcomes(told, "held-cold", "lmtp://") == {"mail-stored"}
    assert {"webmail", "app-passwords", "aliases"} <= codes(told, "warning")
    assert codes(told, "fault") | codes(told, "unproven") == set()
    clinic.assert_cleared_up()
    assert THROW_AWAY not in ask("holds", "-c", clinic.lab.config, "--as", "anna").out
    assert ask("verify", "-c", clinic.lab.config).status == 0


def test_the_mark_does_what_a_killed_policy_server_does(clinic):
    ports, programs = clinic.lab.ports, MailPrograms()
    password = clinic.lab.passwords[KIM]
    doors = [
        Door(one, HOST, ports.named()[one])
        for one in (Protocol.IMAP, Protocol.POP3, Protocol.SIEVE, Protocol.SUBMISSION)
    ]

    def tried():
        clinic.lab.servers.doveadm("auth", "cache", "flush")
        return [programs.log_in(door, KIM, password) for door in doors]

    ask("hold", KIM, "-c", clinic.lab.config, "--as", "anna")
    answering = tried()
    silence(clinic.folder, KIM)
    silent = tried()
    end_silence(clinic.folder)
    os.kill(service.status(clinic.lab.root).pids["policy"], signal.SIGKILL)
    until(lambda: service.status(clinic.lab.root).pids["policy"] is None)
    try:
        assert tried() == silent
    finally:
        service.up(clinic.lab.root)
    assert silent != answering
    until(lambda: tried() == answering)  # Dovecot leaves one that was dead alone for a moment
    assert [one.answer for one in silent] == [Answer.REFUSED] * 3 + [Answer.ACCEPTED]


def test_a_hole_on_each_side_is_found(clinic):
    port = clinic.lab.ports.free().smtp
    unchecked = (
        f"{HOST}:{port} inet n - n - - smtpd\n"
        "  -o smtpd_sasl_auth_enable=yes\n"
        "  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\n"
        "  -o smtpd_sender_restrictions=\n"
        "  -o smtpd_end_of_data_restrictions=\n"
    )

    def no_nologin(text):
        return re.sub(r"(?ms)^passdb \{.*?^\}\n", "imap_hibernate_timeout = 30s\n", text)

    with clinic.dovecot(no_nologin), clinic.services(unchecked):
        status, told = clinic.doctor()
    assert status == 1
    assert codes(told, "fault") == {"no-nologin", "no-check"}
    assert "hibernation" in codes(told, "warning")
    for scheme in ("imap", "pop3", "sieve"):
        assert outcomes(told, "held", f"{scheme}://") == {"refused-with-reason"}
        assert outcomes(told, "silent", f"{scheme}://") == {"got-in"}
    assert outcomes(told, "silent", f"submission://{HOST}:{port}") == {"mail-passed"}
    open_there = f"a session open at submission://{HOST}:{port}"
    assert outcomes(told, "held", open_there) == {"mail-passed"}
    door = f"submission://{HOST}:{clinic.lab.ports.submission}"
    assert outcomes(told, "silent", door) == {"mail-held"}


def test_a_policy_that_is_not_asked_and_a_cache_that_cannot_be_flushed_are_found(clinic):
    text = clinic.lab.config.read_text()
    key = f'[[holds.dovecot]]\nurl = "http://{HOST}:{clinic.lab.ports.doveadm}/doveadm/v1"\n'
    wrong = text.replace(f'{key}api_key = "', f'{key}api_key = "not-')
    assert wrong != text
    (clinic.lab.root / "wrong-key.toml").write_text(wrong)
    with clinic.dovecot(lambda lines: re.sub("(?m)^auth_policy_server_url.*$", "", lines)):
        status, told = clinic.doctor("wrong-key.toml")
    assert status == 1
    assert codes(told, "fault") == {"no-policy"}
    assert outcomes(told, "held-cold", "the login cache") == {"cache-kept"}
    assert outcomes(told, "held", "submission://") == {"got-in"}
    assert outcomes(told, "held", "imap://") == {"refused-with-reason"}
    assert outcomes(told, "held-cold", "smtp://") == {"mail-unseen"}
    assert outcomes(told, "after", "probe messages") == {"left-behind"}


def test_that_nobody_gets_in_while_the_policy_server_is_down_is_found(clinic):
    conf = clinic.lab.servers.dovecot_conf
    other = conf.with_name("other.conf")  # not its own: Dovecot reads that anew when it likes
    other.write_text(f"{conf.read_text()}\nauth_policy_reject_on_fail = yes\n")
    config = clinic.lab.root / "other.toml"
    config.write_text(clinic.lab.config.read_text().replace("/dovecot.conf", "/other.conf"))
    configuration = load(str(config))
    _, findings = doctor_findings(configuration, configuration.doctor)
    assert [one.code for one in findings if one.level is Level.FAULT] == [Code.REJECT_ON_FAIL]


def test_killed_in_the_middle_the_next_run_clears_up_and_is_green(clinic):
    run = clinic.begin()
    until(lambda: ("hold", THROW_AWAY) in clinic.queued())
    run.kill()
    run.communicate()
    assert clinic.is_held()
    assert ("hold", THROW_AWAY) in clinic.queued()
    _, told = clinic.doctor("few-doors.toml")
    assert {one["level"] for one in told["steps"]} == {"proven"}
    assert codes(told, "unproven") == {"no-door"}
    clinic.assert_cleared_up()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_it_clears_up_before_it_ends(clinic, number):
    run = clinic.begin()
    until(clinic.is_held)
    run.send_signal(number)
    run.communicate()
    assert run.returncode == 128 + number
    clinic.assert_cleared_up()


def test_tls_is_used_where_it_is_offered(clinic):
    folder, port = clinic.lab.root / "dovecot", clinic.lab.ports.free().imap
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=mx1.example.test"
    kept = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(["openssl", *made.split(), *kept], check=True, capture_output=True)
    more = (
        f"\nssl = yes\nssl_cert = <{folder}/cert.pem\nssl_key = <{folder}/key.pem\n"
        f"service imap-login {{\n  inet_listener imaps {{\n    port = {port}\n    ssl = yes\n  }}\n}}\n"
    )
    ports, programs = clinic.lab.ports.named(), MailPrograms()
    doors = [Door(one, HOST, ports[one]) for one in (Protocol.IMAP, Protocol.POP3, Protocol.SIEVE)]
    password = clinic.lab.passwords["lena@example.test"]
    with clinic.dovecot(lambda text: text + more):
        for door in (*doors, Door(Protocol.IMAP, HOST, port, tls=True)):
            assert programs.log_in(door, "lena@example.test", password).answer is Answer.ACCEPTED
    log = (clinic.lab.root / "log" / "dovecot.log").read_text().splitlines()
    logins = [line for line in log if "Login: user=<lena@" in line]
    assert len(logins) == 4
    assert all(" TLS" in line for line in logins)
