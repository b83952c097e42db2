"""`postwarden restore` and `plan stop`: what they are asked, and of which plans."""

import pytest
from django.db import connections

from custody.installation import EVA, Installation
from people.conftest import NOW
from postwarden.configuration import load
from postwarden.custody.models import PlanRow
from postwarden.custody.service import Act, Kind, Mismatch, Plan
from postwarden.relocation.models import CountRow
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


@pytest.mark.parametrize("kind", [Kind.RESTORE, Kind.LEAVE])
def test_a_plan_is_given_up_by_its_command_whatever_it_does(place, kind):
    place.run("anna", "case", "open", "misdelivery", "astray")
    plans = restore_desk(load(place.file), lambda: NOW).plans
    details = (("finding", "1"), ("store", "store"), ("folder", "INBOX"), ("file", "new/1"))
    act = Act(kind, EVA, (*details, ("header", "ab"), ("size", "1")))
    told = Plan("2026-0001", "undo", "anna", (act,), Mismatch.LEAVE_OUT, emergency=False, made=NOW)
    plan = plans.freeze(told, NOW).hash
    PlanRow.objects.filter(hash=plan).update(stage="stopped")
    if kind is Kind.LEAVE:
        CountRow.objects.create(
            plan=plan, snapshot="s", manifest="0", right="", settled="", planned="", digest="0"
        )
    out = place.run("anna", "plan", "abandon", plan[:12], "--reason", "planned anew")
    assert out.startswith("Abandoned")
    assert PlanRow.objects.get(hash=plan).stage == "abandoned"
    assert "abandoned" in place.run("anna", "plan", "show")
    refused = place.ask("anna", "plan", "stop", plan[:12])
    assert (refused.status, "is not where that is possible" in refused.err) == (2, True)
