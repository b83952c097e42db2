"""What whoever runs a plan, or else the worker, has to do; and that only one of them does it."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import transaction

from postwarden.durable.service import LockedElsewhereError, locked_file
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment

PLAN = "relocation.plan"
LEASE = 120_000_000
"""Microseconds that whoever carries a plan out has for its next step before another host may take it over."""
_HOST = "host"


def due_plan(hashed: str, now: Moment) -> None:
    """Let a plan be carried out, in the caller's transaction."""
    outbox.put(PLAN, hashed, {}, now)


@contextmanager
def leased(folder: str, hashed: str, clock: Callable[[], Moment]) -> Iterator[Effect | None]:
    """Take a plan's effect for the length of a block; None where another process has it, or none is due.

    Crash promise: on the host where its bearer was killed the plan can be taken up at once, for the lock
    beside the state went with the process; on others once the lease has run out.

    Args:
        folder: where this host keeps locks.
        hashed: of the plan.
        clock: gives the present.
    """
    try:
        with locked_file(os.path.join(folder, f"relocation-{hashed[:16]}.lock")):
            yield _claimed(hashed, clock())
    except LockedElsewhereError:
        yield None


def _claimed(hashed: str, now: Moment) -> Effect | None:
    here = socket.gethostname()
    with transaction.atomic():
        left = any(
            effect.subject == hashed and effect.payload.get(_HOST) == here
            for effect, _ in outbox.waiting([PLAN])
        )
        soonest, lease = (
            (now + LEASE, 0) if left else (now, LEASE)
        )  # its bearer, of this host, is gone
        effect = outbox.claim([PLAN], soonest, lease, hashed)
        return effect and outbox.amend(effect, {_HOST: here})
