"""What somebody removes from a Maildir's staging folder by hand is never taken for a delivery."""

import shutil

import pytest

from postwarden.relocation.service import Where
from relocation.test_relocation_batches import BOB, EVE, Astray, Killed


@pytest.fixture
def astray(on_sqlite, tmp_path):
    return Astray(on_sqlite, tmp_path, tmp_path)


def empty(astray, account):
    shutil.rmtree(astray.mail.box(account) / "postwarden")


def cut_off(astray, plan, call):
    """Let the plan's process be killed once a call of its route was done."""
    astray.office.route.fails, astray.office.route.error = {call: 1}, Killed()
    with pytest.raises(Killed):
        astray.carry(plan)


def test_where_staging_was_emptied_after_a_kill_a_person_has_to_look(astray, monkeypatch):
    """It once counted as delivered, and the only copy went into quarantine."""
    copy = astray.wrong(EVE, BOB)
    plan = astray.plan(copy)
    real = astray.office.route.route.publish
    monkeypatch.setattr(astray.office.route.route, "publish", lambda _: None)
    cut_off(astray, plan, "publish")
    monkeypatch.setattr(astray.office.route.route, "publish", real)
    empty(astray, BOB)
    astray.carry(plan, astray.another())
    assert astray.outcomes(plan) == [("needs-person", "not-known-arrived")]
    assert astray.has(EVE) == [astray.contents[copy.copy.id]]


def test_what_was_staged_and_emptied_within_one_run_is_staged_anew(astray, monkeypatch):
    copy = astray.wrong(EVE, BOB)
    plan = astray.plan(copy)
    real = astray.office.route.route.publish

    def publish(tickets):
        monkeypatch.setattr(astray.office.route.route, "publish", real)
        empty(astray, BOB)
        real(tickets)

    monkeypatch.setattr(astray.office.route.route, "publish", publish)
    astray.carry(plan, rounds=2)
    assert astray.outcomes(plan) == [("relocated", "")]
    assert astray.has(BOB) == [astray.contents[copy.copy.id]]


def test_what_its_owner_removed_once_it_was_published_is_taken(astray, monkeypatch):
    copy = astray.wrong(EVE, BOB)
    plan = astray.plan(copy)
    real = astray.office.route.route.settle

    def settle(tickets):
        (file,) = (astray.mail.box(BOB) / "new").iterdir()
        file.unlink()
        return real(tickets)

    monkeypatch.setattr(astray.office.route.route, "settle", settle)
    astray.carry(plan)
    assert astray.outcomes(plan) == [("relocated", "")]


def test_what_was_cleared_from_staging_has_never_arrived(astray):
    plan = astray.plan(astray.wrong(EVE, BOB))
    tickets = []
    route = astray.office.route.route
    real, route.publish = route.publish, tickets.extend
    astray.carry(plan)
    route.publish = real
    other = astray.another().route.route
    assert [*other.settle(tickets).values()] == [Where.STAGED]
    other.clear([tickets[0].key], [BOB])
    assert [*other.settle(tickets).values()] == [Where.LOST]
    assert [*astray.another().route.route.settle(tickets).values()] == [Where.UNCLEAR]
