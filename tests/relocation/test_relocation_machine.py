"""A seeded few of the runs that `make crash` makes of `machines.Mailboxes`."""

import pytest
from django.db import connections
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from relocation.machines import Mailboxes, Prepared

FEW = settings(
    derandomize=True,
    max_examples=10,
    stateful_step_count=25,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)


@pytest.fixture(scope="module")
def machine(upgraded_sqlite, tmp_path_factory):
    class Machine(Mailboxes):
        prepared = Prepared(upgraded_sqlite, tmp_path_factory.mktemp("prepared"))

    yield Machine
    connections.close_all()


def test_whatever_users_and_postwarden_do_each_message_is_where_it_belongs_once(machine):
    run_state_machine_as_test(machine, settings=FEW)
    assert machine.steps > 100
