"""Carrying out a plan: batch by batch, under a lease that nobody else has at the same time."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from django.db import transaction

from postwarden.cases import service as cases
from postwarden.custody.service import (
    Kind,
    Plan,
    Plans,
    Quarantine,
    QuarantineError,
    Sealer,
    Stage,
    sealing,
)
from postwarden.relocation.abandoning import TakingBack
from postwarden.relocation.acts import store_of
from postwarden.relocation.batch import Batch
from postwarden.relocation.bearing import GOING, Lease, LeaseLost, Stopped
from postwarden.relocation.crew import Crew
from postwarden.relocation.errors import (
    RelocationError,
    TemporaryRouteError,
)
from postwarden.relocation.keeping import jobs, portions, receivers, sizes, unfinished
from postwarden.relocation.models import CopyRow, CountRow
from postwarden.relocation.pacing import collecting_by_hand, side_by_side, threads
from postwarden.relocation.ports import Filing, Route
from postwarden.relocation.rules import BETWEEN_TRIES
from postwarden.relocation.ways import must_be_as_planned
from postwarden.vocabulary import Moment

_AT_ONCE = 500
"""Copies of one batch: their bytes are in memory together, and a stop waits for them."""
_TOLD = {Stage.RUNNING: "repair.done", Stage.ABANDONED: "repair.abandoned"}
_PATIENCE = 3
_SMALLEST = 3
"""A plan that comes no further so many times tries smaller batches: one account at fault stands alone then."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What repairs need from outside this room.

    Attributes:
        routes: to the stores, by name.
        preserved: gives those accounts whose stored mail must stay as it is.
        filing: says where owners' filters file messages.
        header: gives the hash of a message's header below the provider's own trace.
        clock: gives the present.
        folder: of the state on this host, for locks.
        rest: waits so many seconds; nothing that failed is asked of a store again within one.
    """

    routes: Mapping[str, Route]
    preserved: Callable[[Sequence[str]], frozenset[str]]
    filing: Filing
    header: Callable[[bytes], str]
    clock: Callable[[], Moment]
    folder: str
    rest: Callable[[float], None] = time.sleep


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
            troubles = []
            if plan.stage is Stage.ABANDONED:
                lease = replace(lease, stage=Stage.ABANDONED)
                self._take_back(plan, lease)
            if plan.stage in GOING:
                must_be_as_planned(plan, self.outside.routes)
                troubles = self._round(plan, lease, after)
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
        """Do every copy that is left once; give what kept some of them from it.

        While some copies are given, the next ones are taken. Whatever ends this ends it once both are
        at their end.
        """
        troubles: dict[str, None] = {}
        smaller = min(lease.stuck // _PATIENCE, _SMALLEST)
        taken: Batch | None = None
        failed = False
        with sealing() as sealer, threads() as pool, collecting_by_hand() as collect:
            crew = self._crew(plan, lease, sealer)
            for places in (*portions(unfinished(plan.hash), _AT_ONCE, sizes(plan), smaller), []):
                if failed and (places or taken):
                    crew.rest(BETWEEN_TRIES)
                taking = Batch(crew, jobs(plan, places), behind=taken is not None)
                pair = [(taking, taking.take())] if places else []
                pair += [(taken, taken.give())] if taken else []
                failures = side_by_side(pool, [course for _, course in pair], self._rested)
                for (batch, _), failure in zip(pair, failures, strict=True):
                    if failure is not None:
                        troubles[self._trouble(plan, batch, failure)] = None
                failed = any(failures)
                taken = taking if places and not failures[0] else None
                collect()
                after()
        return list(troubles)

    def _rested(self, failure: Exception) -> None:
        if isinstance(failure, RelocationError):
            self.outside.rest(BETWEEN_TRIES)

    def _trouble(self, plan: Plan, batch: Batch, failure: Exception) -> str:
        """Say what kept some copies back, and count a try that may have done something; else raise it."""
        if isinstance(failure, RelocationError):
            if not isinstance(failure, TemporaryRouteError):
                places = [job.row.place for job in batch.jobs]
                Batch(batch.crew, jobs(plan, places)).note_try()
            return str(failure)
        if isinstance(failure, QuarantineError | OSError):
            return f"quarantine: {failure}"
        raise failure

    def _take_back(self, plan: Plan, lease: Lease) -> None:
        """Give up what an abandoned plan has not done; raises as `TakingBack.run`."""
        crew = self._crew(plan, lease, Sealer())
        for places in portions(unfinished(plan.hash), _AT_ONCE):
            TakingBack(crew.ledger, crew.routes, crew.clock, lease, plan, places).run()

    def _crew(self, plan: Plan, lease: Lease, sealer: Sealer) -> Crew:
        return Crew(
            ledger=self.desk.ledger,
            quarantine=self.quarantine,
            sealer=sealer,
            routes=self.outside.routes,
            preserved=self.outside.preserved,
            filing=self.outside.filing,
            header=self.outside.header,
            clock=self.outside.clock,
            rest=self.outside.rest,
            step=lease.step,
            go_on=partial(lease.go_on_approved, self.plans.standing(plan)),
            case=plan.case,
            plan=plan.hash,
            actor=plan.requester,
            mark=lease.mark,
        )

    def _finish(self, plan: Plan, lease: Lease) -> None:
        """End what is left of the plan's staging, and the plan where every copy is at its end."""
        left = unfinished(plan.hash)
        residue = [] if left else self._residue(plan)
        if not left:
            for store, accounts in receivers(plan.hash).items():
                if store in self.outside.routes:
                    self.outside.routes[store].clear([f"{plan.hash[:12]}-"], accounts)
        with transaction.atomic():
            stage = self.plans.stage(plan.hash)
            if not left and stage in GOING:
                if stage is Stage.RUNNING:
                    self.plans.finish(plan.hash, plan.requester, self.outside.clock())
                self._tell(plan, _TOLD[stage], residue)
            if not left or stage not in GOING:
                lease.finish()

    def _residue(self, plan: Plan) -> list[str]:
        """Ask each store that copies were taken out of where parts of them may remain."""
        takes = (Kind.RELOCATE, Kind.DEDUPLICATE)
        stores = {store_of(act) for act in plan.acts if act.kind in takes}
        routes = [self.outside.routes[one] for one in stores if one in self.outside.routes]
        return sorted({code for route in routes for code in route.residue()})

    def _tell(self, plan: Plan, code: str, residue: Sequence[str]) -> None:
        """Let the case say that a repair has ended, and keep where parts of what it removed may be."""
        CountRow.objects.filter(plan=plan.hash).update(residue=list(residue))
        ended = CopyRow.objects.filter(plan=plan.hash).values_list("outcome", flat=True)
        values = {"plan": plan.hash[:12], **Counter(ended.iterator())}
        actor = cases.System(plan.requester)
        with suppress(cases.NoSuchCase):
            cases.add_entry(self.desk, actor, plan.case, code, values, self.outside.clock())
