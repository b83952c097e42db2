"""Carrying out a plan: batch by batch, under a lease that nobody else has at the same time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction

from postwarden.cases import service as cases
from postwarden.custody.service import Plan, Plans, Quarantine, QuarantineError, Stage
from postwarden.relocation.batch import Batch, Crew, Stopped
from postwarden.relocation.effects import LEASE
from postwarden.relocation.errors import (
    RelocationError,
    TemporaryRouteError,
)
from postwarden.relocation.keeping import jobs, portions, save, unfinished
from postwarden.relocation.ports import Route
from postwarden.relocation.rules import MOST_TRIES, Outcome, Why
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment

_AT_ONCE = 100
"""Copies of one batch: their bytes are in memory together, and a stop waits for them."""


class LeaseLost(Exception):
    """Somebody else carries the plan out now."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What repairs need from outside this room.

    Attributes:
        routes: to the stores, by name.
        preserved: gives those accounts whose stored mail must stay as it is.
        clock: gives the present.
        folder: of the state on this host, for locks.
    """

    routes: Mapping[str, Route]
    preserved: Callable[[Sequence[str]], frozenset[str]]
    clock: Callable[[], Moment]
    folder: str


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries plans out; see `Batch` for what a crash leaves."""

    desk: cases.Desk
    plans: Plans
    quarantine: Quarantine
    outside: Outside

    def carry(self, effect: Effect, after: Callable[[], None]) -> list[str]:
        """Carry the plan of a claimed effect out, as far as the stores let it; give their troubles.

        Args:
            effect: with the lease.
            after: called when a batch was done.

        Raises:
            Refused: something of the plan is not as it was frozen and signed; nothing was done.
        """
        plan = self.plans.sound(effect.subject)
        troubles: list[str] = []
        try:
            if plan.stage is Stage.RUNNING:
                troubles = self._round(plan, effect, after)
            if not troubles:
                self._finish(plan, effect)
        except Stopped:
            self._finish(plan, effect)
        except LeaseLost:
            return []
        return troubles

    def _round(self, plan: Plan, effect: Effect, after: Callable[[], None]) -> list[str]:
        """Do every copy that is left once; give what kept some of them from it."""
        crew = self._crew(plan, effect)
        troubles: dict[str, None] = {}
        for places in portions(unfinished(plan.hash), _AT_ONCE):
            crew.go_on()
            some = jobs(plan, places)
            try:
                Batch(crew, some).run()
            except RelocationError as error:
                troubles[str(error)] = None
                self._note_try(crew, plan, places, error)
            except (QuarantineError, OSError) as error:
                troubles[f"quarantine: {error}"] = None
            after()
        return list(troubles)

    def _note_try(
        self, crew: Crew, plan: Plan, places: Sequence[int], error: RelocationError
    ) -> None:
        """Count a try that may have done something; a copy that fails alone again and again waits."""
        if isinstance(error, TemporaryRouteError):
            return
        some = jobs(plan, places)
        for job in some:
            job.row.tries += 1
            if len(some) == 1 and job.row.tries >= MOST_TRIES:
                job.end(Outcome.NEEDS_PERSON, Why.KEEPS_FAILING, self.outside.clock())
        with crew.step():
            save(some)

    def _crew(self, plan: Plan, effect: Effect) -> Crew:
        @contextmanager
        def step() -> Iterator[None]:
            with transaction.atomic():
                if not outbox.renew(effect, self.outside.clock() + LEASE):
                    raise LeaseLost
                yield

        def go_on() -> None:
            if self.plans.stage(plan.hash) is not Stage.RUNNING:
                raise Stopped

        return Crew(
            ledger=self.desk.ledger,
            quarantine=self.quarantine,
            routes=self.outside.routes,
            preserved=self.outside.preserved,
            clock=self.outside.clock,
            step=step,
            go_on=go_on,
            case=plan.case,
            plan=plan.hash,
            actor=plan.requester,
            mark=str(effect.token),
        )

    def _finish(self, plan: Plan, effect: Effect) -> None:
        """End what is left of the plan's staging, and the plan where every copy is at its end."""
        left = unfinished(plan.hash)
        if not left:
            for route in self.outside.routes.values():
                route.clear([f"{plan.hash[:12]}-"])
        with transaction.atomic():
            if not left and self.plans.stage(plan.hash) is Stage.RUNNING:
                self.plans.finish(plan.hash, plan.requester, self.outside.clock())
            if not left or self.plans.stage(plan.hash) is not Stage.RUNNING:
                outbox.finish(effect)
