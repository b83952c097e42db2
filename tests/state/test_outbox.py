"""The outbox: each effect once, also with several workers, lost leases and clocks that jump."""

import threading

import pytest
from django.db import connections, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from postwarden.state import outbox
from postwarden.state.models import EffectRow

NOW = 1_795_000_000_000_000
LEASE = 60_000_000
KINDS = ["session.kick", "cache.flush"]


def put(kind="session.kick", subject="eva@example.net", due=NOW, **payload):
    with transaction.atomic():
        return outbox.put(kind, subject, payload, due)


def test_an_effect_shares_the_transaction_of_what_was_decided(state):
    with pytest.raises(RuntimeError):
        outbox.put("session.kick", "eva@example.net", {}, NOW)
    with transaction.atomic():
        outbox.put("session.kick", "eva@example.net", {}, NOW)
        transaction.set_rollback(True)
    assert outbox.claim(KINDS, NOW, LEASE) is None


def test_what_is_due_longest_comes_first(state):
    put(due=NOW + 2)
    first = put(due=NOW + 1, why="held")
    put(kind="notice.send", due=NOW)
    assert outbox.claim(KINDS, NOW, LEASE) is None
    effect = outbox.claim(KINDS, NOW + 5, LEASE)
    assert (effect.number, effect.payload, effect.attempts) == (first, {"why": "held"}, 1)


def test_what_was_carried_out_is_not_given_again(state):
    put(accounts=["eva@example.net"])
    assert outbox.finish(outbox.claim(KINDS, NOW, LEASE))
    assert outbox.claim(KINDS, NOW + 10 * LEASE, LEASE) is None
    assert outbox.waiting(KINDS) == []
    assert list(EffectRow.objects.values_list("payload", flat=True)) == [{}]  # whom it was about


def test_a_lease_that_ended_is_given_to_another_and_the_first_reports_nothing(state):
    put()
    slow = outbox.claim(KINDS, NOW, LEASE)
    assert outbox.claim(KINDS, NOW + LEASE - 1, LEASE) is None
    other = outbox.claim(KINDS, NOW + LEASE, LEASE)
    assert (other.number, other.attempts) == (slow.number, 2)
    assert other.token > slow.token
    assert not outbox.finish(slow)
    assert not outbox.put_off(slow, NOW, "too slow")
    assert outbox.finish(other)


def test_what_is_put_off_says_why_and_comes_again(state):
    put()
    assert outbox.put_off(outbox.claim(KINDS, NOW, LEASE), NOW + 9, "the server is away")
    ((effect, trouble),) = outbox.waiting(KINDS)
    assert (effect.subject, trouble) == ("eva@example.net", "the server is away")
    assert outbox.claim(KINDS, NOW + 8, LEASE) is None
    assert outbox.claim(KINDS, NOW + 9, LEASE).attempts == 2


def test_what_is_dropped_is_given_to_nobody_and_ends_for_who_has_it(state):
    put()
    put(kind="cache.flush")
    taken = outbox.claim(["session.kick"], NOW, LEASE)
    put()
    with transaction.atomic():
        outbox.drop("session.kick", "eva@example.net")
    assert not outbox.finish(taken)
    assert [one.kind for one, _ in outbox.waiting(KINDS)] == ["cache.flush"]
    assert EffectRow.objects.filter(kind="session.kick").exclude(payload={}).count() == 0


def test_a_clock_that_jumps_back_gives_nothing_twice(state):
    put()
    effect = outbox.claim(KINDS, NOW, LEASE)
    assert outbox.claim(KINDS, NOW - 10 * LEASE, LEASE) is None
    assert outbox.finish(effect)


def test_several_workers_at_once_carry_each_out_once(state):
    numbers = {put(subject=f"user{n}@example.net") for n in range(40)}
    done, faults = [], []

    def work():
        try:
            while (effect := outbox.claim(KINDS, NOW, LEASE)) is not None:
                if outbox.finish(effect):
                    done.append(effect.number)
        except Exception as error:  # noqa: BLE001  # whatever it is, the test names it
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (set(done), len(done)) == (numbers, 40)


class Workers(RuleBasedStateMachine):
    """Two workers, one clock: against a model that knows who holds what until when."""

    def __init__(self):
        super().__init__()
        EffectRow.objects.all().delete()
        self.now = NOW
        self.model = {}
        self.held = []
        self.done = []

    @rule(later=st.integers(0, 3))
    def decide(self, later):
        self.model[put(due=self.now + later)] = [self.now + later, 0]

    @rule(step=st.integers(-5, 120))
    def clock(self, step):
        self.now += step * 1_000_000

    @rule()
    def take(self):
        effect = outbox.claim(KINDS, self.now, LEASE)
        due = sorted((at, number) for number, (at, _) in self.model.items() if at <= self.now)
        if not due:
            assert effect is None
            return
        assert effect.number == due[0][1]
        self.model[effect.number] = [self.now + LEASE, effect.token]
        self.held.append(effect)

    @rule(which=st.integers(0, 9), well=st.booleans())
    def report(self, which, well):
        if not self.held:
            return
        effect = self.held.pop(which % len(self.held))
        ours = self.model.get(effect.number, [0, -1])[1] == effect.token
        if well:
            assert outbox.finish(effect) == ours
        else:
            assert outbox.put_off(effect, self.now + 7, "no") == ours
        if ours and well:
            self.done.append(effect.number)
            del self.model[effect.number]
        elif ours:
            self.model[effect.number][0] = self.now + 7

    @invariant()
    def each_is_done_once_or_waits(self):
        assert len(self.done) == len(set(self.done))
        assert {effect.number for effect, _ in outbox.waiting(KINDS)} == set(self.model)


def test_the_outbox_is_its_model(on_sqlite):
    run_state_machine_as_test(
        Workers,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )
