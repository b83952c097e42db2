"""Users and Postwarden on the same mailboxes (`relocation.machines`), for many steps; told as JSON.

`python -m crash.disturbed [STEPS]`; a failure is shrunk and printed, and the exit status is 1.
"""

import json
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from django.db import connections
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from postwarden.state.service import StateSettings, open_state, set_up

set_up()

from relocation.machines import Mailboxes, Prepared  # noqa: E402  # has models: after set_up

STEPS = 10_000
MANY = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def main(steps):
    """Run until so many steps were done."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="postwarden-disturbed-") as name:
        upgraded, prepared = Path(name) / "upgraded", Path(name) / "prepared"
        for folder in (upgraded, prepared):
            folder.mkdir()
        open_state(StateSettings(str(upgraded)))
        connections.close_all()

        class Machine(Mailboxes):
            pass

        Machine.prepared = Prepared(upgraded, prepared)
        for seed in count():
            Machine._hypothesis_internal_use_seed = seed
            run_state_machine_as_test(Machine, settings=MANY)
            if Machine.steps >= steps:
                break
    print(json.dumps({"steps": Machine.steps, "seconds": round(time.monotonic() - began)}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else STEPS)
