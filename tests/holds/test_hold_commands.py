"""`postwarden holds` and `withdraw` as they are typed."""

import pytest
from django.db import transaction

from cli.conftest import ask
from people.conftest import KeyFile
from postwarden.holds.service import ControlError
from postwarden.state import outbox
from providers import TWO_ORGANISATIONS

EVA, GINA = "eva@example.net", "gina@brand.example"


@pytest.fixture
def run(tmp_path):
    file = tmp_path / "postwarden.toml"
    file.write_text(TWO_ORGANISATIONS)

    def typed(*words, who="anna", status=0):
        answer = ask(*words, "--as", who, "-c", file)
        assert answer.status == status, answer.err
        return answer.out + answer.err

    typed("person", "add", "anna", "--role", "postmaster")
    typed("person", "add", "bram", "--role", "postmaster@brand")
    return typed


def test_the_holds_of_a_case_are_found_by_the_reference_it_had_before_a_merge(run):
    for title in ("one", "two"):
        run("case", "open", "misdelivery", title)
    run("hold", EVA, "--case", "2026-0002")
    run("case", "merge", "2026-0001", "2026-0002")
    assert EVA in run("holds", "--case", "2026-0002")
    assert "no such case" in run("holds", "--case", "2026-0009", status=2)


def test_a_withdrawn_plan_waits_for_nobody_and_only_those_concerned_withdraw_it(run):
    run("hold", EVA)
    plan = run("release", EVA).split()[1]
    assert run("withdraw", plan, who="bram", status=2)
    assert "is withdrawn" in run("withdraw", plan, "--reason", "a mistake")
    assert "not where that is possible" in run("withdraw", plan, status=2)
    assert "withdrawn" in run("plans")


def test_what_is_tried_again_names_accounts_to_their_own_organisation_alone(run):
    run("hold", EVA, GINA)
    with transaction.atomic():
        number = outbox.put("holds.filters", "p", {"accounts": [EVA, GINA], "left": True}, 0)
    effect = next(one for one, _ in outbox.waiting(["holds.filters"]) if one.number == number)
    outbox.put_off(effect, 0, "Dovecot fails")
    assert f"Not done yet: Dovecot fails ({EVA}, {GINA})" in run("holds")
    assert f"Not done yet: Dovecot fails ({GINA})" in run("holds", who="bram")


def test_a_name_that_is_none_is_refused_with_a_sentence(run):
    assert "is no name that an account can have" in run("hold", "x" * 400, status=2)


class Dovecot:
    """Notes whose refusals it forgets; fails as often as told."""

    def __init__(self, fails=0):
        self.forgot, self.fails = [], fails

    def forget(self, accounts):
        if self.fails:
            raise ControlError("dovecot does not answer")
        self.forgot += accounts


def released(run, key, *accounts, case=()):
    plan = run("release", *accounts, *case).split()[1]
    return run("approve", plan, "--key", key.path, who="ben")


@pytest.fixture
def officer(run, tmp_path):
    key = KeyFile(tmp_path)
    run("person", "add", "ben", "--role", "officer")
    run("person", "enrol", "ben", "--key", key.path)
    return key


def test_who_is_released_can_log_in_when_that_is_said(run, officer, monkeypatch):
    dovecot = Dovecot()
    monkeypatch.setattr("postwarden.cli.desk.plans.mail_control", lambda _: dovecot)
    for title in ("one", "two"):
        run("case", "open", "misdelivery", title)
    run("hold", EVA, GINA, "--case", "2026-0001")
    run("hold", GINA, "--case", "2026-0002")
    told = released(run, officer, EVA, GINA, case=("--case", "2026-0001"))
    assert "1 account can log in again." in told
    assert "1 account held by another case, too: refused as before." in told
    assert dovecot.forgot == [EVA]


def test_a_dovecot_that_cannot_be_asked_is_told(run, officer, monkeypatch):
    run("hold", EVA)
    assert "names no Dovecot" in released(run, officer, EVA)
    monkeypatch.setattr("postwarden.cli.desk.plans.mail_control", lambda _: Dovecot(fails=1))
    run("hold", EVA)
    told = released(run, officer, EVA)
    assert "may refuse them from its cache still: dovecot does not answer." in told
    assert "can log in again" not in told


def test_the_end_of_a_preservation_opens_no_door(run, officer, monkeypatch):
    dovecot = Dovecot()
    monkeypatch.setattr("postwarden.cli.desk.plans.mail_control", lambda _: dovecot)
    run("hold", EVA, "--preserve", who="ben")
    plan = run("release", EVA, "--preserve", who="ben").split()[1]
    run("person", "add", "cleo", "--role", "officer")
    folder = officer.path.parent / "cleo"
    folder.mkdir()
    key = KeyFile(folder)
    run("person", "enrol", "cleo", "--key", key.path)
    told = run("approve", plan, "--key", key.path, who="cleo")
    assert "carried out: 1 act." in told
    assert "log in" not in told
    assert dovecot.forgot == []
