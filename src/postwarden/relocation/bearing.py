"""What whoever runs a plan, or else the worker, has to do; and that only one of them does it."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction

from postwarden.custody.service import Plans, Refused, Stage, Standing
from postwarden.durable.service import LockedElsewhereError, locked_file
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment

PLAN = "relocation.plan"
RESTORE = "relocation.restore"
"""Needs a private key, so that no worker carries it out."""
LEASE = 120_000_000
"""Microseconds that whoever carries a plan out has for its next step before another host may take it over."""
GOING = (Stage.RUNNING, Stage.ABANDONED)
"""Of plans that somebody has to carry on with: of one that was abandoned, to a definite end."""
_HOST = "host"
_PROCESS = "process"
_STUCK = "stuck"


class Bearer(NamedTuple):
    """Who carries a plan out: a process of a host."""

    host: str
    process: int


class LeaseLost(Exception):
    """Somebody else carries the plan out now."""


class Stopped(Exception):
    """Somebody stopped the plan: nothing more is begun, and nothing under way is left half done."""


@dataclass(frozen=True, slots=True)
class Lease:
    """That nobody else carries a plan out.

    Attributes:
        effect: claimed.
        plans: of custody.
        clock: gives the present.
        stage: of the plan, as long as it goes on.
    """

    effect: Effect
    plans: Plans
    clock: Callable[[], Moment]
    stage: Stage = Stage.RUNNING

    @contextmanager
    def step(self) -> Iterator[None]:
        """Write something in a transaction; nothing of it where somebody else has the plan by now.

        Raises:
            LeaseLost: somebody else has.
        """
        with transaction.atomic():
            if not outbox.renew(self.effect, self.clock() + LEASE):
                raise LeaseLost
            yield

    def go_on(self) -> None:
        """Raise `Stopped` where somebody stopped or abandoned the plan meanwhile."""
        if self.plans.stage(self.effect.subject) is not self.stage:
            raise Stopped

    def go_on_approved(self, standing: Standing) -> None:
        """As `go_on`; a plan whose approvals hold no more is stopped, with the reason on record.

        Of one that was abandoned, what is half done is ended whether they hold or not.
        """
        self.go_on()
        lapsed = standing.lapsed(self.clock()) if self.stage is Stage.RUNNING else None
        if lapsed is not None:
            with suppress(Refused):  # somebody else stopped it just now
                self.plans.lapse(self.effect.subject, lapsed, self.clock())
            raise Stopped

    @property
    def mark(self) -> str:
        """Tell this lease from every other one of its plan."""
        return f"{self.effect.number}-{self.effect.token}"

    @property
    def stuck(self) -> int:
        """How often in a row the plan came no further."""
        return int(self.effect.payload.get(_STUCK, 0))

    def put_off(self, microseconds: int, why: str, stuck: int = 0) -> None:
        """Let go of it; it is due again then. Of no matter once it is finished.

        Args:
            microseconds: until then.
            why: what kept it from its end.
            stuck: how often in a row it came no further.
        """
        payload = {_STUCK: stuck} if stuck else {}
        outbox.put_off(self.effect, self.clock() + microseconds, why, payload)

    def finish(self) -> None:
        """Note, in the caller's transaction, that there is nothing left to carry out."""
        outbox.finish(self.effect)


def due_plan(hashed: str, now: Moment, kind: str = PLAN) -> None:
    """Let a plan be carried out, in the caller's transaction; by whoever does already, if somebody does.

    A plan has one effect at a time: two would have a bearer each.
    """
    if not any(effect.subject == hashed for effect, _ in outbox.waiting([kind])):
        outbox.put(kind, hashed, {}, now)


@contextmanager
def leased(
    folder: str, plans: Plans, hashed: str, clock: Callable[[], Moment], kind: str = PLAN
) -> Iterator[Lease | None]:
    """Take a plan's effect for the length of a block; None where another process has it, or none is due.

    Crash promise: on the host where its bearer was killed the plan can be taken up at once, for the lock
    beside the state went with the process; on others once the lease has run out.

    Args:
        folder: where this host keeps locks.
        plans: of custody.
        hashed: of the plan.
        clock: gives the present.
        kind: of the effect.
    """
    try:
        with locked_file(os.path.join(folder, f"relocation-{hashed[:16]}.lock"), passing=True):
            effect = _claimed(kind, hashed, clock())
            yield None if effect is None else Lease(effect, plans, clock)
    except LockedElsewhereError:
        yield None


def _claimed(kind: str, hashed: str, now: Moment) -> Effect | None:
    here = socket.gethostname()
    with transaction.atomic():
        left = any(
            effect.subject == hashed and effect.payload.get(_HOST) == here
            for effect, _ in outbox.waiting([kind])
        )  # its bearer, of this host, is gone
        soonest, lease = (now + LEASE, 0) if left else (now, LEASE)
        effect = outbox.claim([kind], soonest, lease, hashed)
        told = {_HOST: here, _PROCESS: os.getpid()}
        return effect and outbox.amend(effect, {**effect.payload, **told})


def borne_by(hashed: str, kind: str = PLAN) -> Bearer | None:
    """Give who carries a plan out just now, or did until they were killed; None for nobody."""
    for effect, _ in outbox.waiting([kind]):
        if effect.subject == hashed and _HOST in effect.payload:
            return Bearer(str(effect.payload[_HOST]), int(effect.payload[_PROCESS]))
    return None
