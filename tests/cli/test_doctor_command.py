"""What `postwarden doctor` says before it begins, and how it words what it found."""

import pytest
from rich.console import Console

from cli.conftest import ask
from postwarden.cli.desk.doctor_words import (
    OUTCOMES,
    STAGES,
    finding_lines,
    last_line,
    step_line,
    step_table,
)
from postwarden.configuration import ConfigurationError, load
from postwarden.durable.service import locked_file
from postwarden.holds.doctor.service import (
    Code,
    Door,
    Finding,
    Level,
    Outcome,
    Protocol,
    Stage,
    Step,
)

BASE = """
[provider]
name = "Example Mail"
domains = ["example.net"]
[[stores]]
name = "main"
driver = "maildir"
path = "mail/{domain}/{local}"
[[directories]]
accounts = { format = "postfix-virtual", path = "mailboxes" }
"""
DOCTOR = """
[doctor]
account = "Doctor@Example.NET"
password_file = "doctor.password"
doors = ["imaps://[::1]", "submission://mail.example.net:10587", "smtp://127.0.0.1"]
"""


@pytest.fixture
def config(tmp_path):
    def written(text):
        file = tmp_path / "postwarden.toml"
        file.write_text(BASE + text)
        return file

    return written


def test_doors_are_read(config):
    settings = load(str(config(DOCTOR))).doctor
    assert settings.account == "doctor@example.net"
    assert settings.doors == (
        Door(Protocol.IMAP, "::1", 993, tls=True),
        Door(Protocol.SUBMISSION, "mail.example.net", 10587),
        Door(Protocol.SMTP, "127.0.0.1", 25),
    )
    assert settings.doors[0].name == "imaps://[::1]:993"
    assert (settings.dovecot, settings.postfix) == (None, None)


@pytest.mark.parametrize(
    "doors",
    [
        "[]",
        '["smtp://127.0.0.1"]',
        '["127.0.0.1:143"]',
        '["imap://"]',
        '["imap://h:x"]',
        '["ftp://h"]',
    ],
)
def test_what_is_no_door_is_refused(config, doors):
    text = DOCTOR.replace(DOCTOR.splitlines()[-1], f"doors = {doors}")
    with pytest.raises(ConfigurationError, match=r"doctor\.doors: .*imap://127\.0\.0\.1"):
        load(str(config(text)))


def test_without_its_section_it_says_what_to_write(config):
    answer = ask("doctor", "-c", config(""))
    assert (answer.status, answer.out) == (2, "")
    assert "has no [doctor]" in answer.err


def test_a_password_that_others_can_read_is_not_used(config, tmp_path):
    file = config(DOCTOR)
    assert "No such file" in ask("doctor", "-c", file).err
    (tmp_path / "doctor.password").write_text("pw\n")
    (tmp_path / "doctor.password").chmod(0o640)
    answer = ask("doctor", "-c", file)
    assert answer.status == 2
    assert "0600" in answer.err
    assert not (tmp_path / "state").exists()


def test_an_account_held_in_earnest_is_left_alone(config, tmp_path):
    file = config(DOCTOR)
    (tmp_path / "doctor.password").write_text("pw\n")
    (tmp_path / "doctor.password").chmod(0o600)
    ask("person", "add", "anna", "--role", "postmaster", "--as", "anna", "-c", file)
    assert ask("hold", "doctor@example.net", "--as", "anna", "-c", file).status == 0
    answer = ask("doctor", "--as", "anna", "-c", file)
    assert answer.status == 2
    assert "is held by no case" in answer.err
    assert "doctor@example.net" in ask("holds", "--as", "anna", "-c", file).out


def test_two_at_once_do_not_hold_the_same_account(config, tmp_path):
    file = config(DOCTOR)
    (tmp_path / "doctor.password").write_text("pw\n")
    (tmp_path / "doctor.password").chmod(0o600)
    ask("person", "add", "anna", "--role", "postmaster", "--as", "anna", "-c", file)
    with locked_file(str(tmp_path / "doctor.password")):
        answer = ask("doctor", "--as", "anna", "-c", file)
    assert answer.status == 2
    assert "is held by another process" in answer.err


def test_each_stage_and_outcome_has_its_words():
    assert set(STAGES) == set(Stage)
    assert set(OUTCOMES) == set(Outcome)


def test_what_servers_say_is_shown_where_all_is_not_well_and_cannot_act():
    console = Console(width=100, no_color=True)
    steps = [
        Step(Stage.HELD, "imap://h:1", Outcome.REFUSED_WITH_REASON, "a reason"),
        Step(Stage.HELD, "pop3://h:1", Outcome.REFUSED_OTHERWISE, "odd \x1b[31m"),
    ]
    with console.capture() as shown:
        console.print(step_table(steps))
    assert shown.get().count("Held, login cache warm:") == 1
    assert "a reason" not in shown.get()
    assert "refused, without the reason: odd \\x1b[31m" in shown.get()
    assert step_line(steps[0]) == "Held, login cache warm: imap://h:1"


def test_the_worst_comes_first_and_each_says_what_to_do():
    found = [
        Finding(Code.WEBMAIL, Level.WARNING),
        Finding(Code.NO_CHECK, Level.FAULT, "submission of master.cf"),
    ]
    lines = list(finding_lines(found))
    assert lines[1] == "Not as it must be:"
    assert lines[2].startswith("- submission of master.cf takes logins and looks up no holds")
    assert lines[4] == "Not covered by this proof:"
    step = Step(Stage.HELD, "x", Outcome.NO_ANSWER)
    assert "Not held: 1 " in last_line(Level.FAULT, [step], found)
    assert "Not proven: 1 " in last_line(Level.UNPROVEN, [step], found[:1])
    assert "Proven: 1 steps" in last_line(Level.PROVEN, [step], [])
