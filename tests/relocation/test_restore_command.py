"""`postwarden restore` and `plan stop`: what they are asked, and of which plans."""

import pytest
from django.db import connections

from custody.installation import EVA, Installation
from people.conftest import NOW
from postwarden.configuration import load
from postwarden.custody.models import PlanRow
from postwarden.custody.service import Act, Kind, Mismatch, Plan
from postwarden.wiring import restore_desk


@pytest.fixture
def place(tmp_path):
    yield Installation(tmp_path)
    connections.close_all()


@pytest.mark.parametrize("words", [(), ("--case", "2026-0001", "--plan", "abc")])
def test_either_a_case_or_a_plan_is_named(place, words):
    answer = place.ask("anna", "restore", *words)
    assert answer.status == 2
    assert "name a case to plan for, or else a plan to carry out" in answer.err


def test_a_restore_is_stopped_as_a_repair_is(place):
    place.run("anna", "case", "open", "misdelivery", "astray")
    plans = restore_desk(load(place.file), lambda: NOW).plans
    act = Act(Kind.RESTORE, EVA, (("finding", "1"), ("store", "store")))
    told = Plan("2026-0001", "undo", "anna", (act,), Mismatch.LEAVE_OUT, emergency=False, made=NOW)
    plan = plans.freeze(told, NOW).hash
    PlanRow.objects.filter(hash=plan).update(stage="running")
    out = place.run("anna", "plan", "stop", plan[:12])
    assert out == f"Stopped {plan[:12]}, which puts copies back.\n"
    assert PlanRow.objects.get(hash=plan).stage == "stopped"
