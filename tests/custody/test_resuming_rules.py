"""Plans that can be stopped at any of their acts and gone on with: which, and by whose approval."""

from dataclasses import replace

import pytest

from custody.plans import HOUR, NOW, PLAN
from postwarden.custody.rules import (
    RESUMABLE,
    Act,
    Approval,
    Approve,
    Finish,
    Kind,
    Refusal,
    Resume,
    Stage,
    Stop,
    decide,
)


def plan(kind=Kind.RELOCATE, stage=Stage.STOPPED, until=NOW + HOUR):
    made = replace(PLAN, acts=(Act(kind, "bob@example.net"),), stage=stage, emergency=False)
    given = Approval("ben", made.hash, 1, until, NOW)
    return replace(made, approvals=(given,))


@pytest.mark.parametrize("kind", RESUMABLE)
def test_a_stopped_repair_goes_on_and_ends(kind):
    going = decide(plan(kind), Resume(), NOW)
    assert going.stage is Stage.RUNNING
    assert decide(going, Finish(), NOW).stage is Stage.DONE
    assert decide(going, Stop(), NOW).stage is Stage.STOPPED


@pytest.mark.parametrize("kind", set(Kind) - RESUMABLE)
def test_nothing_else_does(kind):
    assert decide(plan(kind), Resume(), NOW) is Refusal.WRONG_STAGE
    mixed = replace(plan(), acts=(Act(Kind.RELOCATE, "a@example.net"), Act(kind, "b@example.net")))
    assert decide(mixed, Resume(), NOW) is Refusal.WRONG_STAGE


@pytest.mark.parametrize("stage", set(Stage) - {Stage.STOPPED})
def test_only_what_was_stopped_goes_on(stage):
    assert decide(plan(stage=stage), Resume(), NOW) is Refusal.WRONG_STAGE


def test_it_goes_on_only_while_approvals_count_and_can_be_approved_again():
    late = NOW + HOUR
    stopped = plan()
    assert decide(stopped, Resume(), late) is Refusal.EXPIRED
    again = Approve(Approval("ben", stopped.hash, 1, late + HOUR, late))
    renewed = decide(stopped, again, late)
    assert renewed.stage is Stage.STOPPED
    assert decide(renewed, Resume(), late).stage is Stage.RUNNING


def test_what_cannot_go_on_cannot_be_approved_again():
    stopped = plan(Kind.RELEASE, until=NOW)
    given = Approve(Approval("ben", stopped.hash, 1, NOW + HOUR, NOW))
    assert decide(stopped, given, NOW) is Refusal.WRONG_STAGE
