"""The worker does nothing of a plan that somebody changed or brought in by the database alone."""

from dataclasses import replace

import pytest
from django.db import transaction

from people.conftest import NOW
from postwarden.custody.models import PlanRow
from postwarden.custody.rules import canonical
from postwarden.custody.service import Refused, Stage
from postwarden.state.outbox import put

EVA, FINN = "eva@example.net", "finn@example.net"


def test_an_inserted_emergency_releases_nobody(quick_desk):
    desk = quick_desk
    desk.hold(EVA)
    forged = replace(desk.plan_release(EVA), emergency=True)
    _insert(forged)
    with pytest.raises(Refused):
        desk.desk.carry(forged.hash, desk.now)
    desk.align()
    assert [one.account for one in desk.desk.held()] == [EVA]
    assert any("run `postwarden verify`" in one.trouble for one in desk.desk.pending())


def test_a_release_that_was_only_marked_as_running_keeps_nothing_else_waiting(quick_desk):
    desk = quick_desk
    desk.hold(EVA)
    _insert(desk.plan_release(EVA))
    desk.hold(FINN)
    desk.align()
    assert [one.account for one in desk.desk.held()] == [EVA, FINN]
    waiting = {one.kind for one in desk.desk.pending()}
    assert "holds.plan" in waiting
    assert "holds.sessions" not in waiting


def _insert(plan):
    PlanRow.objects.update_or_create(
        hash=plan.hash,
        defaults={"case": plan.case, "text": canonical(plan).decode(), "stage": Stage.RUNNING},
    )
    with transaction.atomic():
        put("holds.plan", plan.hash, {}, NOW)
