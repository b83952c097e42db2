"""Plans against a model, for 10,000 steps, and each refusal by itself."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from custody.plans import HOUR, NOW, PLAN
from postwarden.custody.rules import (
    LONGEST,
    Act,
    Approval,
    Approve,
    Begin,
    Finish,
    Kind,
    Mismatch,
    Plan,
    Refusal,
    Stage,
    Stop,
    Withdraw,
    canonical,
    decide,
    freeze,
    valid,
)


def approval(plan=PLAN, approver="ben", expires=NOW + HOUR, **changed):
    given = Approval(approver, plan.hash, len(plan.acts), expires, NOW)
    return Approve(given._replace(**changed))


def approved(plan=PLAN):
    return decide(plan, approval(plan), NOW)


@pytest.mark.parametrize(
    ("plan", "event", "now", "refusal"),
    [
        (PLAN, approval(approver="anna"), NOW, Refusal.OWN_PLAN),
        (PLAN, approval(replace(PLAN, reason="other")), NOW, Refusal.OTHER_PLAN),
        (PLAN, approval(acts=3), NOW, Refusal.OTHER_PLAN),
        (PLAN, approval(expires=NOW), NOW, Refusal.EXPIRED),
        (PLAN, approval(expires=NOW + LONGEST + 1), NOW, Refusal.TOO_LONG),
        (approved(), approval(), NOW, Refusal.APPROVED_ALREADY),
        (PLAN, Begin(), NOW, Refusal.TOO_FEW),
        (approved(), Begin(), NOW + HOUR, Refusal.EXPIRED),
        (PLAN, Finish(), NOW, Refusal.WRONG_STAGE),
        (PLAN, Stop(), NOW, Refusal.WRONG_STAGE),
        (replace(PLAN, stage=Stage.RUNNING), Withdraw(), NOW, Refusal.WRONG_STAGE),
        (replace(PLAN, stage=Stage.RUNNING), Begin(), NOW, Refusal.WRONG_STAGE),
        (replace(PLAN, stage=Stage.DONE), approval(), NOW, Refusal.WRONG_STAGE),
    ],
)
def test_what_is_not_allowed_is_refused_with_its_reason(plan, event, now, refusal):
    assert decide(plan, event, now) is refusal


def test_an_approved_plan_runs_once():
    running = decide(approved(), Begin(), NOW)
    assert running.stage is Stage.RUNNING
    assert decide(running, Begin(), NOW) is Refusal.WRONG_STAGE
    assert decide(running, Finish(), NOW).stage is Stage.DONE
    assert decide(running, Stop(), NOW).stage is Stage.STOPPED


def test_in_a_hurry_holds_run_at_once_and_are_approved_after():
    hurried = freeze(replace(PLAN, emergency=True))
    done = decide(decide(hurried, Begin(), NOW), Finish(), NOW)
    reviewed = decide(done, approval(done), NOW)
    assert (reviewed.stage, len(reviewed.approvals)) == (Stage.DONE, 1)


def test_a_plan_has_acts_and_only_holds_are_hurried():
    assert freeze(replace(PLAN, acts=())) is Refusal.NO_ACTS
    release = (Act(Kind.RELEASE, "eva@example.net"),)
    assert freeze(replace(PLAN, acts=release, emergency=True)) is Refusal.NO_EMERGENCY


@pytest.mark.parametrize(
    "changed",
    [
        {"case": "2026-0002"},
        {"reason": "none"},
        {"requester": "ben"},
        {"acts": PLAN.acts[:1]},
        {"acts": tuple(reversed(PLAN.acts))},
        {"mismatch": Mismatch.LEAVE_OUT},
        {"emergency": True},
        {"made": NOW + 1},
    ],
)
def test_the_hash_covers_everything_that_is_approved(changed):
    assert replace(PLAN, **changed).hash != PLAN.hash
    assert replace(PLAN, stage=Stage.DONE).hash == PLAN.hash
    assert canonical(PLAN) == canonical(replace(PLAN, **{k: getattr(PLAN, k) for k in changed}))


class Machine(RuleBasedStateMachine):
    """One plan, four people, a clock: what the model allows happens, and nothing else."""

    @initialize(emergency=st.booleans())
    def begin_with(self, emergency):
        self.plan = replace(PLAN, emergency=emergency)
        self.now = NOW
        self.given = {}
        self.ran = 0

    def take(self, event, allowed):
        after = decide(self.plan, event, self.now)
        assert isinstance(after, Plan) == allowed, (event, after)
        if allowed:
            self.plan = after

    def counting(self):
        return {who for who, until in self.given.items() if until > self.now}

    @rule(minutes=st.integers(0, 90))
    def wait(self, minutes):
        self.now += minutes * HOUR // 60

    @rule(
        who=st.sampled_from(["anna", "ben", "cleo", "dina"]),
        minutes=st.integers(-5, 120),
        right=st.sampled_from([True, True, True, False]),
    )
    def approve(self, who, minutes, right):
        until = self.now + minutes * HOUR // 60
        stage = self.plan.stage
        open_to = {Stage.FROZEN, Stage.APPROVED}
        if self.plan.emergency:
            open_to |= {Stage.RUNNING, Stage.DONE, Stage.STOPPED}
        allowed = (
            right
            and stage in open_to
            and who != "anna"
            and minutes > 0
            and who not in self.counting()
        )
        event = approval(self.plan, who, until, **({} if right else {"acts": 9}))
        self.take(event, allowed)
        if allowed:
            self.given[who] = until

    @rule()
    def run(self):
        stage, enough = self.plan.stage, bool(self.counting())
        hurried = self.plan.emergency and stage is Stage.FROZEN
        allowed = hurried or (stage is Stage.APPROVED and enough)
        self.take(Begin(), allowed)
        self.ran += allowed

    @rule(event=st.sampled_from([Finish(), Stop()]))
    def end(self, event):
        self.take(event, self.plan.stage is Stage.RUNNING)

    @rule()
    def withdraw(self):
        self.take(Withdraw(), self.plan.stage in (Stage.FROZEN, Stage.APPROVED))

    @invariant()
    def it_ran_at_most_once_and_only_as_approved(self):
        assert self.ran <= 1
        assert self.plan.hash == replace(PLAN, emergency=self.plan.emergency).hash
        assert {one.approver for one in valid(self.plan, self.now)} == self.counting()
        if self.plan.stage is Stage.RUNNING and not self.plan.emergency:
            assert self.given


TestPlans = Machine.TestCase
TestPlans.settings = settings(
    max_examples=200, stateful_step_count=50, suppress_health_check=list(HealthCheck)
)
