"""Plans that can be stopped at any of their acts and gone on with: which, and by whose approval."""

from dataclasses import replace

import pytest

from custody.plans import HOUR, NOW, PLAN
from postwarden.custody.rules import (
    RESUMABLE,
    Abandon,
    Act,
    Approval,
    Approve,
    Begin,
    Finish,
    Kind,
    Refusal,
    Resume,
    Stage,
    Stop,
    Withdraw,
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


@pytest.mark.parametrize("stage", [Stage.RUNNING, Stage.STOPPED])
@pytest.mark.parametrize("kind", RESUMABLE)
def test_what_has_begun_is_given_up_for_good_also_once_its_approval_is_over(kind, stage):
    given_up = decide(plan(kind, stage), Abandon(), NOW + HOUR)
    assert given_up.stage is Stage.ABANDONED
    again = Approve(Approval("cleo", given_up.hash, 1, NOW + HOUR, NOW))
    for event in (again, Begin(), Resume(), Stop(), Finish(), Abandon(), Withdraw()):
        assert decide(given_up, event, NOW) is Refusal.WRONG_STAGE


@pytest.mark.parametrize("stage", set(Stage) - {Stage.RUNNING, Stage.STOPPED})
def test_what_has_not_begun_or_is_over_is_not_given_up(stage):
    assert decide(plan(stage=stage), Abandon(), NOW) is Refusal.WRONG_STAGE


@pytest.mark.parametrize("kind", set(Kind) - RESUMABLE)
def test_what_cannot_be_stopped_between_acts_is_not_given_up(kind):
    assert decide(plan(kind, Stage.STOPPED), Abandon(), NOW) is Refusal.WRONG_STAGE
