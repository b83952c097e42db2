"""Faults of Dovecot under the whole engine of repairs: each cell of a matrix ends in a state that is asserted.

An eighth of the cells runs here, others of each step; `python -m faults` runs all.
"""

import os
import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import connections

from faults.cells import DOVEADM, IMAP, MATRIX, SHORT, SLOW
from faults.desks import LATER, SECOND, Clock, FaultyDesk, Watched
from faults.dovecots import STAGING, Dovecot, Folder
from faults.peers import Dropped, peers
from postwarden.relocation import carrying
from postwarden.servers.dovecot import asking, staging

MOST_TRIES = 8
STEPS = list(dict.fromkeys(step for step, _ in MATRIX))
EVERY = "POSTWARDEN_EVERY_FAULT" in os.environ


@pytest.fixture(scope="module")
def desk(upgraded_sqlite, tmp_path_factory):
    clock = Clock()
    with pytest.MonkeyPatch.context() as patched, peers(Dovecot(), clock) as there:
        patched.setattr(asking, "time", SimpleNamespace(monotonic=lambda: clock.now / SECOND))
        patched.setattr(staging, "Imap", Watched)
        yield FaultyDesk(upgraded_sqlite, tmp_path_factory.mktemp("faulty"), there, clock)
    connections.close_all()


@pytest.fixture(scope="module")
def course(desk):
    """The steps of a repair when all is well, in order."""
    cell = desk.cell()
    desk.peers.begin()
    assert cell.carry()
    assert cell.is_done
    return [name for _, name in desk.peers.steps]


def faults_of(step):
    return DOVEADM if (step, "quota") in MATRIX else IMAP


def test_no_cell_is_missing(course):
    doveadm = {step for step in course if step[0].islower()} - {"greeting 1"}
    assert {step for step in STEPS if faults_of(step) is DOVEADM} == doveadm
    assert set(STEPS) <= set(course)
    kinds = {step.rpartition(" ")[0] for step in course}
    told = {step.rpartition(" ")[0] for step in STEPS}
    again = {"NOOP", "UNSELECT", "LIST read", "EXAMINE stage"}  # fail as what they stand before
    assert kinds - told == again
    assert set(MATRIX) == {(step, fault) for step in STEPS for fault in faults_of(step)}
    assert set(MATRIX.values()) == set("DRLP-")
    assert all(MATRIX[step, fault] != "-" for step in doveadm for fault in DOVEADM)


@pytest.mark.parametrize("step", STEPS)
def test_each_fault_at_a_step_ends_as_it_should(desk, course, step):
    row = STEPS.index(step)
    found, wanted = {}, {}
    for column, (name, fault) in enumerate(faults_of(step).items()):
        if MATRIX[step, name] == "-" or not (EVERY or (row + column) % 8 == 0):
            continue
        cell = desk.cell()
        tries = run(cell, course, step, fault)
        wanted[name] = MATRIX[step, name]
        found[name] = end_of(cell, tries)
    assert found == wanted
    assert desk.office.ledger.verify([]).faults == ()


def run(cell, course, step, fault):
    """Carry a plan out while one of its steps goes wrong once, and then until it is done."""
    let(cell, course, step, fault)
    cell.carry()
    if fault is None:
        peer_of(cell, step).admit()
    tries = 1
    while not cell.is_done:
        due, trouble = cell.put_off
        assert due >= cell.desk.clock() + SECOND
        assert trouble, "somebody has to see it in `postwarden plan show`"
        assert tries < MOST_TRIES, trouble
        assert not cell.carry(), "it is not due yet"
        cell.desk.clock.now += LATER
        assert cell.carry()
        tries += 1
    cell.catch_up()
    return tries


def let(cell, course, step, fault):
    """Let a step go wrong; None refuses the connection that it would come by."""
    peer = peer_of(cell, step)
    ours = [
        one
        for one in course
        if (one[0].islower() and one != "greeting 1") == (peer is cell.peers.doveadm)
    ]
    among = ours if fault is None else course
    before = among[among.index(step) - 1] if step != among[0] else ""

    def ahead():
        if fault is None:
            peer.refuse()
        elif fault in SLOW:
            cell.patience(SHORT)

    def hook(one):
        if one.peer is cell.peers.doveadm:
            cell.pass_by(one)
        if one.name == before:
            ahead()
        if one.name == step and fault is not None:
            fault(cell, one)
        else:
            cell.well(one)

    cell.peers.begin(hook)
    if not before:
        ahead()


def peer_of(cell, step):
    return cell.peers.doveadm if faults_of(step) is DOVEADM else cell.peers.imap


def end_of(cell, tries):
    """Give the letter of a cell's end, of which everything is as it has to be."""
    (row,) = cell.rows()
    (acts,) = cell.acts().values()
    assert Counter(acts)["copy.intended"] == Counter(acts)["copy.ended"] == 1, acts
    assert (acts[0], acts[-1]) == ("copy.intended", "copy.ended")
    there = cell.dovecot.accounts
    assert cell.staged() == []
    if row.outcome == "relocated":
        assert "copy.delivered" in acts
        assert cell.has(cell.owner) == (cell.right if cell.owner in there else Counter())
        assert cell.has(cell.holder) == Counter()
        cell.kept_well()
        return "D" if tries == 1 else "R"
    if cell.owner in there and cell.holder not in there and row.outcome == "needs-person":
        assert cell.has(cell.owner) == cell.right
        cell.kept_well()
        return "P"
    assert cell.has(cell.holder) == (cell.wrong if cell.holder in there else Counter())
    assert cell.has(cell.owner) == Counter()
    assert row.why
    return {"left": "L", "needs-person": "P"}[row.outcome]


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(carrying, "_AT_ONCE", 2)


LASTING = {
    "user": "500",
    "quotaGet": "401",
    "copy": "before",
    "mailboxStatus": "no-json",
    "move": "before",
    "processStatus": "500",
    "fetch": "after",
    "expunge": "before",
    "greeting": "BYE",
    "LOGIN": "NO",
    "APPEND stage": "NO",
    "RENAME stage": "before",
}


@pytest.mark.parametrize("step", LASTING)
def test_a_fault_that_lasts_is_met_once_a_second_at_most_and_then_all_is_done(
    desk, small_batches, step
):
    fault = (DOVEADM if step[0].islower() and step != "greeting" else IMAP)[LASTING[step]]
    cell, met = desk.cell(copies=6), []

    def hook(one):
        if one.name.rpartition(" ")[0] == step:
            met.append(desk.clock())
            fault(cell, one)
        else:
            cell.well(one)

    desk.peers.begin(hook)
    began = desk.clock()
    while desk.clock() < began + 12 * SECOND:
        cell.carry()
        desk.clock.rest(0.2)
    assert len(met) >= 3, "it is tried again"
    assert all(later - sooner >= SECOND for sooner, later in pairwise(met)), met
    assert cell.put_off[1]
    desk.peers.begin()
    for _ in range(MOST_TRIES):
        desk.clock.now += LATER
        cell.carry()
    assert cell.is_done
    assert {row.outcome for row in cell.rows()} == {"relocated"}
    assert (cell.has(cell.owner), cell.has(cell.holder)) == (cell.right, Counter())
    assert cell.staged() == []
    cell.kept_well()


def test_mail_with_nul_is_left_as_it_is_and_mail_with_other_bytes_arrives(desk):
    cell = desk.cell(copies=2)
    inbox = cell.dovecot.accounts[cell.holder]["INBOX"].messages
    cell.contents[0] = cell.contents[0].replace(b"From here", b"From\0here")
    inbox[1] = replace(inbox[1], content=cell.contents[0])
    desk.peers.begin()
    assert cell.carry()
    nul, other = cell.rows()
    assert (nul.outcome, nul.why, other.outcome) == ("left", "unreadable", "relocated")
    first, second = cell.contents
    assert [content for content, _, _ in cell.has(cell.holder)] == [first]
    assert [content for content, _, _ in cell.has(cell.owner)] == [second]


def test_whether_a_lost_move_arrived_is_not_guessed_with_another_uidvalidity(desk):
    """Neither staged nor there, or staged still: nobody can tell what came under the old one."""
    cell = desk.cell()

    def hook(step):
        if step.name == "move 1":
            cell.renumber(cell.owner)
            raise Dropped
        cell.well(step)

    desk.peers.begin(hook)
    assert cell.carry()
    (row,) = cell.rows()
    assert (row.outcome, row.why) == ("needs-person", "not-known-arrived")
    assert (cell.has(cell.holder), cell.has(cell.owner)) == (cell.wrong, Counter())


def test_staging_that_was_cut_short_goes_after_a_day(desk):
    cell = desk.cell()
    folders = cell.dovecot.accounts[STAGING]
    now = int(time.time())
    old, fresh = (f"postwarden-stage-{now - age}-ab" for age in (90_000, 60))
    folders |= {old: Folder(), fresh: Folder()}
    desk.peers.begin()
    assert cell.carry()
    assert (old in folders, fresh in folders) == (False, True)
