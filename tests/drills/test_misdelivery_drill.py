"""The whole drill on a real Postfix and Dovecot with real mail, once, and what it has to end in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.conftest import ask
from crash.killable import rolling
from crash.storm import COMMAND, Storm
from drills.lab.conftest import _end, _place, servers  # noqa: F401  # fixtures
from needed import lacking
from postwarden.drills.lab import service as labs
from postwarden.drills.lab.service import Store
from postwarden.drills.misdelivery import service
from postwarden.drills.misdelivery.conduct import Ended
from postwarden.drills.misdelivery.judging import Kind
from postwarden.drills.misdelivery.stock import STOCK
from postwarden.drills.misdelivery.truth import Act

pytestmark = pytest.mark.servers
MESSAGES = 150
STORE = Store(os.environ.get("POSTWARDEN_DRILL_STORE", Store.MAILDIR))  # a second run has the other


def give(module, words):
    """Give a command in this process, for speed; the bundle's check stays a program of its own.

    The repair is killed, and so is Dovecot while whoever goes on is at it; both are started again.
    """
    if words[:2] == ["plan", "run"]:
        lab = labs.status(Path(words[-1]).parent)
        return Storm(lab, rolling("small")).through(module, words, [COMMAND, "dovecot"])
    if module:
        told = subprocess.run(
            [sys.executable, "-m", module, *words], capture_output=True, text=True, check=False
        )
        return Ended(told.returncode, told.stdout, told.stderr)
    answer = ask(*words)
    return Ended(answer.status, answer.out, answer.err)


@pytest.fixture(scope="module")
def over(servers):  # noqa: F811  # the fixture
    if not (STOCK / "complete").exists():
        lacking(f"{STOCK}: no stock; `tools/setup.sh corpus`")
    with _place() as place:
        try:
            yield service.drill(
                place / "lab", MESSAGES, 1, lambda line: None, store=STORE, give=give
            )
        finally:
            _end(place / "lab")


def test_every_wrong_copy_is_found_and_nobody_accused_wrongly(over):
    found = over.facts.findings
    assert found.true > 100
    assert (found.found, found.missed, found.accused) == (found.true, (), ())
    assert found.wrong_owners == 0


def test_all_kinds_of_copies_were_there_to_be_found(over):
    counts = {one.kind: one.true for one in over.facts.findings.kinds}
    assert [kind for kind in Kind if not counts[kind]] == []
    acts = {one.act: one.done for one in over.facts.findings.told}
    assert acts[Act.REDIRECTED] > 0 < acts[Act.ANSWERED]


def test_what_lay_wrong_is_where_it_belongs_and_nothing_else_changed(over):
    ending = over.facts.ending
    assert ending.wrong == ()
    assert ending.removed == ending.misplaced > 100
    assert ending.delivered == ending.lacked > 100
    assert ending.kept == ending.own > 200


def test_held_were_those_with_wrong_copies_and_in_the_end_all_are_released(over):
    told = over.facts.accounts
    assert told.released == told.held > 30
    assert told.not_held == told.proven_wrongly == ()
    assert told.let_in_though_held == told.kept_out_though_free == ()
    assert over.facts.went_well


def test_each_step_has_its_time_and_what_it_printed(over):
    for step in over.facts.steps:
        assert step.seconds > 0
        assert (over.folder / step.printed).exists()
    assert any(step.command.startswith("postwarden plan run") for step in over.facts.steps)
    checked = over.folder / next(one.printed for one in over.facts.steps if "check" in one.name)
    assert checked.read_text()


def test_the_truth_is_kept_and_nothing_of_it_was_there_for_the_case(over):
    truth = json.loads((over.folder / "truth.json").read_text())
    assert len(truth["copies"]) == over.facts.copies
    mail = over.lab.root / "vmail"
    stored = [file.read_bytes() for file in mail.rglob("*") if file.is_file()]
    assert sum(map(len, stored)) > 100_000
    assert not any(b"X-Drill" in one for one in stored)


def test_the_lab_is_stopped_and_what_a_drill_made_is_known_as_such(over):
    assert not any(labs.status(over.lab.root).pids.values())
    assert (over.folder / "made-by-drill").exists()


def test_a_lab_that_somebody_works_with_is_refused_and_left_as_it_was(over):
    marker = over.folder / "made-by-drill"
    marker.unlink()
    before = sorted((over.lab.root / "vmail").rglob("*"))
    try:
        with pytest.raises(service.InUse, match="name a new folder"):
            service.drill(over.lab.root, MESSAGES, 1, print, store=STORE)
    finally:
        marker.touch()
    assert sorted((over.lab.root / "vmail").rglob("*")) == before
    assert not any(labs.status(over.lab.root).pids.values())


def test_nothing_of_the_drill_is_for_others_to_read(over):
    assert Path(over.folder).stat().st_mode & 0o077 == 0
