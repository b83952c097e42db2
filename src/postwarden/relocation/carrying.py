"""Carrying out a plan: batch by batch, under a lease that nobody else has at the same time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from postwarden.cases import service as cases
from postwarden.custody.service import Plan, Plans, Quarantine, QuarantineError, Stage
from postwarden.relocation.batch import Batch, Crew
from postwarden.relocation.bearing import Lease, LeaseLost, Stopped
from postwarden.relocation.errors import (
    RelocationError,
    TemporaryRouteError,
)
from postwarden.relocation.keeping import jobs, portions, receivers, save, unfinished
from postwarden.relocation.ports import Route
from postwarden.relocation.rules import MOST_TRIES, Why
from postwarden.vocabulary import Moment

_AT_ONCE = 100
"""Copies of one batch: their bytes are in memory together, and a stop waits for them."""


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

    def carry(self, lease: Lease, after: Callable[[], None]) -> list[str]:
        """Carry a plan out, as far as the stores let it; give their troubles.

        Args:
            lease: of the plan.
            after: called when a batch was done.

        Raises:
            Refused: something of the plan is not as it was frozen and signed; nothing was done.
        """
        plan = self.plans.sound(lease.effect.subject)
        try:
            troubles = self._round(plan, lease, after) if plan.stage is Stage.RUNNING else []
            if not troubles:
                self._finish(plan, lease)
        except Stopped:
            self._finish(plan, lease)
            return []
        except LeaseLost:
            return []
        except RelocationError as error:
            return [str(error)]
        return troubles

    def _round(self, plan: Plan, lease: Lease, after: Callable[[], None]) -> list[str]:
        """Do every copy that is left once; give what kept some of them from it."""
        crew = self._crew(plan, lease)
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
                job.give_up(Why.KEEPS_FAILING, self.outside.clock())
        with crew.step():
            save(some)

    def _crew(self, plan: Plan, lease: Lease) -> Crew:
        return Crew(
            ledger=self.desk.ledger,
            quarantine=self.quarantine,
            routes=self.outside.routes,
            preserved=self.outside.preserved,
            clock=self.outside.clock,
            step=lease.step,
            go_on=lease.go_on,
            case=plan.case,
            plan=plan.hash,
            actor=plan.requester,
            mark=str(lease.effect.token),
        )

    def _finish(self, plan: Plan, lease: Lease) -> None:
        """End what is left of the plan's staging, and the plan where every copy is at its end."""
        left = unfinished(plan.hash)
        if not left:
            for store, accounts in receivers(plan.hash).items():
                if store in self.outside.routes:
                    self.outside.routes[store].clear([f"{plan.hash[:12]}-"], accounts)
        with transaction.atomic():
            if not left and self.plans.stage(plan.hash) is Stage.RUNNING:
                self.plans.finish(plan.hash, plan.requester, self.outside.clock())
            if not left or self.plans.stage(plan.hash) is not Stage.RUNNING:
                lease.finish()
