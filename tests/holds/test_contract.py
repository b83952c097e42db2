"""What every `MailControl` does: the one in memory, and real Dovecots."""

import imaplib
import subprocess
import time

import pytest

from drills.lab.conftest import lab, servers  # noqa: F401  # fixtures
from holds.conftest import FakeDovecot
from postwarden.drills.lab.service import HOST
from postwarden.holds.service import ControlError, Scripts
from postwarden.holds.settings import DovecotSettings
from postwarden.servers.dovecot import DovecotControl
from postwarden.servers.dovecot.api import DoveadmUnanswered, Failure, answers

ANNA, BEN, CARL, NOBODY = (f"{name}@example.test" for name in ("anna", "ben", "carl", "nobody"))


class InMemory:
    def __init__(self):
        self.control = FakeDovecot(ControlError)

    def log_in(self, account):
        self.control.live[account] = self.control.live.get(account, 0) + 1

    def put(self, account, name, *, active):
        names, before = self.control.boxes.get(account, (set(), None))
        self.control.boxes[account] = (names | {name}, name if active else before)


class Real:
    def __init__(self, lab):  # noqa: F811  # no fixture here
        url = f"http://{HOST}:{lab.ports.doveadm}/doveadm/v1"
        self.control = DovecotControl([DovecotSettings(url, lab.doveadm_key)])
        self._lab, self._sessions = lab, []

    def log_in(self, account):
        session = imaplib.IMAP4(HOST, self._lab.ports.imap, 20)
        session.login(account, self._lab.passwords[account])
        self._sessions.append(session)

    def put(self, account, name, *, active):
        words = ["sieve", "put", *(["-a"] if active else []), "-u", account, name]
        self._lab.servers.doveadm(*words, text=b"keep;\n")

    def close(self):
        for session in self._sessions:
            session.shutdown()


@pytest.fixture(params=["in-memory", pytest.param("real", marks=pytest.mark.servers)])
def mail(request):
    if request.param == "in-memory":
        yield InMemory()
        return
    real = Real(request.getfixturevalue("lab"))
    yield real
    real.close()


def until(reached):
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_sessions_of_one_account_end_and_those_of_others_go_on(mail):
    for account in (ANNA, ANNA, BEN):
        mail.log_in(account)
    until(lambda: mail.control.sessions().get(ANNA, 0) >= 2)
    mail.control.end([ANNA, CARL])
    until(lambda: ANNA not in mail.control.sessions())
    assert mail.control.sessions()[BEN] == 1
    mail.control.end([ANNA])


def test_ending_a_pattern_ends_nobody(mail):
    mail.log_in(CARL)
    until(lambda: CARL in mail.control.sessions())
    if isinstance(mail, Real):
        mail.control.end(["*", "c?rl@example.test"])
    assert CARL in mail.control.sessions()


def test_the_active_script_is_seen_left_and_brought_back(mail):
    mail.put(ANNA, "main", active=True)
    mail.put(ANNA, "other", active=False)
    both = frozenset({"main", "other"})
    assert mail.control.scripts([ANNA]) == {ANNA: Scripts(both, "main")}
    for _ in range(2):
        mail.control.deactivate([ANNA])
        assert mail.control.scripts([ANNA]) == {ANNA: Scripts(both, None)}
    mail.control.activate({ANNA: "main"})
    assert mail.control.scripts([ANNA]) == {ANNA: Scripts(both, "main")}


def test_caches_are_flushed_for_anybody(mail):
    mail.control.forget([ANNA, NOBODY])


@pytest.mark.servers
def test_accounts_that_dovecot_does_not_know_have_no_scripts(lab):  # noqa: F811  # the fixture
    control = Real(lab).control
    assert set(control.scripts([ANNA, NOBODY])) == {ANNA}
    control.deactivate([NOBODY])
    control.activate({NOBODY: "main"})


@pytest.mark.servers
def test_a_script_outside_the_storage_is_moved_into_it(lab):  # noqa: F811
    control, home = Real(lab).control, lab.root / "vmail" / "example.test" / "dora"
    home.mkdir(exist_ok=True)
    (home / ".dovecot.sieve").write_text("keep;\n")
    subprocess.run(["chown", "-R", "--reference", str(lab.root / "vmail"), str(home)], check=True)
    dora = "dora@example.test"
    before = control.scripts([dora])[dora]
    control.deactivate([dora])
    after = control.scripts([dora])[dora]
    assert (before.names, after.names) == (frozenset(), frozenset({"dovecot.orig"}))
    assert not (home / ".dovecot.sieve").exists()


def test_no_server_is_an_error_that_says_nothing_of_what_was_done():
    control = DovecotControl([DovecotSettings("http://127.0.0.1:9/doveadm/v1", "x")], seconds=2)
    with pytest.raises(ControlError):
        control.sessions()


def test_several_rows_of_who_are_read_as_dovecot_2_3_writes_them():
    rows = '["doveadmResponse",[{"username":"a"}],{"username":"b"},"0"]'
    text = f'[{rows},["error",{{"type":"exitCode","exitCode":68}},"1"]]'
    assert answers(text, 2) == [[{"username": "a"}, {"username": "b"}], Failure("exitCode", 68)]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '[["doveadmResponse",[1],"0"]]', '[["error","0"]]', "[" * 100_000]
)
def test_what_is_no_answer_is_an_error(text):
    with pytest.raises(DoveadmUnanswered):
        answers(text, 1)


def test_what_is_no_answer_is_told_without_whom_it_names():
    with pytest.raises(DoveadmUnanswered) as caught:
        answers(f'[["doveadmResponse",[{{"username":"{ANNA}"}}]', 1)
    assert "anna" not in str(caught.value)
