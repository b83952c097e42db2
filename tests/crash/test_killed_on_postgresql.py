"""Repairs and restores whose state is on PostgreSQL, killed at single statements, and gone on with.

`make crash` takes every statement; `make test` some of them.
"""

import os
import signal
import sys
import warnings

import pytest
from django.db import connection, connections

from postwarden.people.service import member
from postwarden.relocation.rules import Outcome
from relocation.test_relocation_batches import BOB, CAROL, EVE, FINN, Astray

_ENDED = 0
_EVERY = os.environ.get("POSTWARDEN_EVERY_STATEMENT")
REPAIR = range(1, 200) if _EVERY else (11, 60)
RESTORE = range(1, 200) if _EVERY else (20,)


@pytest.fixture
def astray(on_postgresql, tmp_path):
    made = Astray(on_postgresql, tmp_path, tmp_path)
    both = made.wrong(EVE, BOB, CAROL)
    made.copies = [both, made.wrong(FINN, BOB), made.wrong(EVE, CAROL, number=2)]
    made.plan_hash = made.plan(*made.copies)
    return made


def killed(act, statement):
    """Do something in a process of its own that dies at a statement; tell whether it came so far."""
    connections.close_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads that a fork leaves behind: pytest's own
        child = os.fork()
    if not child:
        _die_at(statement, act)
    _, status = os.waitpid(child, 0)
    assert status in (_ENDED, signal.SIGKILL)
    return status != _ENDED


def _die_at(statement, act):
    seen = 0

    def count(execute, *words):
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*words)

    try:
        with connection.execute_wrapper(count):
            act()
        os._exit(_ENDED)
    except BaseException as error:  # noqa: BLE001  # nothing of the test's process may go on here
        print(repr(error), file=sys.stderr)
        os._exit(1)


def come_so_far(reached):
    if not reached:
        if _EVERY:
            pytest.skip("it ends before this statement")
        pytest.fail("it ends before this statement: choose an earlier one")


@pytest.mark.parametrize("statement", REPAIR)
def test_a_repair_that_is_killed_ends_as_one_that_is_not(astray, statement):
    come_so_far(killed(lambda: astray.carry(astray.plan_hash), statement))
    astray.carry(astray.plan_hash, rounds=3)
    assert {outcome for outcome, _ in astray.outcomes(astray.plan_hash)} <= {
        Outcome.RELOCATED,
        Outcome.REMOVED,
    }
    first, second = (astray.contents[one.copy.id] for one in (astray.copies[0], astray.copies[2]))
    assert len(astray.has(BOB)) == 1
    assert sorted(astray.has(CAROL)) == sorted([first, second])
    assert (astray.has(EVE), astray.has(FINN), astray.mail.unusual()) == ([], [], [])
    ids = sorted(one.copy.id for one in astray.copies)
    assert sorted(astray.told("copy.intended")) == ids
    assert sorted(astray.told("copy.ended")) == ids


@pytest.mark.parametrize("statement", RESTORE)
def test_so_does_a_restore(astray, statement):
    astray.carry(astray.plan_hash)
    undo = astray.office.restores.plan(astray.case, (), "undo", member("anna"))
    plan = astray.office.signed(undo, astray.key).hash
    come_so_far(killed(lambda: astray.office.restore(plan), statement))
    astray.time += 3_600_000_000
    assert astray.office.restore(plan).done == len(undo.acts)
    assert len(astray.has(EVE)) == 2
    assert (len(astray.has(FINN)), astray.mail.unusual()) == (1, [])
