"""`postwarden plans`: everybody sees what concerns their organisations, and nothing of others."""

import pytest
from django.db import connections

from custody.installation import BRANDED, EVA, FINN, Installation
from postwarden.custody.models import PlanRow


@pytest.fixture
def place(tmp_path):
    yield Installation(tmp_path)
    connections.close_all()


def test_plans_of_other_organisations_are_not_shown(place):
    theirs, ours = place.hold(EVA, reason="their reason"), place.hold(BRANDED, reason="our reason")
    everything = place.run("anna", "plans")
    assert theirs in everything
    assert ours in everything
    seen = place.run("bram", "plans")
    assert ours in seen
    assert "our reason" in seen
    assert theirs not in seen
    assert "their reason" not in seen
    refused = place.ask("bram", "plans", theirs)
    assert (refused.status, refused.out) == (2, "")
    assert refused.err == f"{theirs}: no plan begins so\n"


def test_of_a_plan_for_several_organisations_one_s_own_acts_are_shown(place):
    plan = place.hold(EVA, FINN, BRANDED)
    assert all(account in place.run("anna", "plans", plan) for account in (EVA, FINN, BRANDED))
    seen = place.run("bram", "plans", plan)
    assert f"+ hold {BRANDED} " in seen
    assert "3 acts" in seen
    assert "… and 2 acts of other organisations." in seen
    assert "example.net" not in seen


def test_who_reads_no_cases_sees_no_plans(place):
    plan = place.hold(EVA)
    for words in (("plans",), ("plans", plan)):
        answer = place.ask("hana", *words)
        assert (answer.status, answer.out) == (2, "")
        assert "hana may not do this: it needs cases:case:read" in answer.err


def test_a_ruined_plan_is_named_and_hides_no_other(place):
    ruined, whole = place.hold(EVA), place.hold(FINN)
    PlanRow.objects.filter(hash__startswith=ruined).update(text="{")
    listed = place.run("anna", "plans")
    assert f"plan {ruined} is not as it was frozen: run `postwarden verify`" in listed
    assert whole in listed
    for words in (("plans", ruined), ("approve", ruined)):
        answer = place.ask("ben", *words)
        assert answer.status == 2
        assert "not as it was signed; run `postwarden verify`" in answer.err
