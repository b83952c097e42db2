"""Bringing what an abandoned plan has under way to a definite end.

Of a copy that has arrived nowhere, what is staged is taken back, and it is left as it is. A copy that
somebody got already is brought to its end by the usual course: half of an act was never approved.
Where nobody can know, a person has to look.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from postwarden.custody.service import Plan
from postwarden.ledger.service import Entry, Ledger
from postwarden.relocation.bearing import Lease
from postwarden.relocation.errors import AmbiguousRouteError, PermanentRouteError
from postwarden.relocation.keeping import ticket_of
from postwarden.relocation.models import CopyRow, DeliveryRow
from postwarden.relocation.ports import Route, Where
from postwarden.relocation.rules import (
    Sent,
    Stage,
    has_arrived,
    when_abandoned,
    when_taken_back,
)
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class _Copy:
    row: CopyRow
    deliveries: Sequence[DeliveryRow]

    @property
    def under_way(self) -> list[DeliveryRow]:
        return [one for one in self.deliveries if one.sent == Sent.UNDER_WAY]

    def end(self, now: Moment) -> None:
        sent = {Sent(one.sent) for one in self.deliveries}
        outcome, why = when_abandoned(sent)
        self.row.stage, self.row.outcome, self.row.why = Stage.ENDED, outcome, why
        self.row.ended = now


@dataclass(frozen=True, slots=True)
class TakingBack:
    """Some copies of a plan that nobody goes on with.

    Attributes:
        ledger: the record.
        routes: to the stores, by name.
        clock: gives the present.
        lease: that nobody else carries the plan out.
        plan: which.
        places: of its copies.
    """

    ledger: Ledger
    routes: Mapping[str, Route]
    clock: Callable[[], Moment]
    lease: Lease
    plan: Plan
    places: Sequence[int]
    _where: dict[int, Where] = field(default_factory=dict)

    def run(self) -> None:
        """End what can be ended; copies that somebody got already stay as they are.

        Raises:
            PermanentRouteError, TemporaryRouteError, AmbiguousRouteError: ask again.
            LeaseLost: somebody else carries the plan out by now.
        """
        some = self._copies()
        self._settle(some)
        self._clear(one for one in some if not self._arrived(one))
        ended = [one for one in some if not self._arrived(one)]
        for one in ended:
            for row in one.under_way:
                row.sent = when_taken_back(self._where[row.pk])
            one.end(self.clock())
        with self.lease.step():
            self._record(one.row for one in ended)
            rows = [one.row for one in ended]
            CopyRow.objects.bulk_update(rows, ["stage", "outcome", "why", "ended"])
            deliveries = [row for one in ended for row in one.deliveries]
            DeliveryRow.objects.bulk_update(deliveries, ["sent"])

    def _copies(self) -> list[_Copy]:
        """Give the copies whose end is open; what is about to be removed arrived everywhere."""
        rows = CopyRow.objects.filter(plan=self.plan.hash, place__in=self.places)
        rows = rows.exclude(stage__in=(Stage.REMOVING, Stage.ENDED)).order_by("place")
        return [
            _Copy(row, list(row.deliveries.all())) for row in rows.prefetch_related("deliveries")
        ]

    def _arrived(self, copy: _Copy) -> bool:
        rows = copy.deliveries
        return any(has_arrived(Sent(row.sent), self._where.get(row.pk)) for row in rows)

    def _settle(self, some: Iterable[_Copy]) -> None:
        for store, rows in _by_store(some).items():
            told = self._route(store).settle([ticket_of(row) for row in rows])
            self._where.update({row.pk: told[row.key] for row in rows})

    def _clear(self, taken_back: Iterable[_Copy]) -> None:
        """Take what is staged out of staging; look again, for it may have arrived just before."""
        for store, rows in _by_store(taken_back).items():
            staged = [row for row in rows if self._where[row.pk] is Where.STAGED]
            if not staged:
                continue
            route = self._route(store)
            route.clear([row.key for row in staged], sorted({row.account for row in staged}))
            told = route.settle([ticket_of(row) for row in staged])
            if Where.STAGED in told.values():
                raise AmbiguousRouteError(f"{route.name}: what is staged cannot be taken back")
            self._where.update({row.pk: told[row.key] for row in staged})

    def _route(self, store: str) -> Route:
        if store not in self.routes:
            raise PermanentRouteError(f"store {store}: postwarden.toml no longer names it")
        return self.routes[store]

    def _record(self, ended: Iterable[CopyRow]) -> None:
        by_holder: defaultdict[str, list[list[str]]] = defaultdict(list)
        for row in ended:
            told = (row.finding, row.outcome, row.why, row.content, row.quarantined, row.sealed)
            by_holder[row.holder].append([*map(str, told), "", "", ""])
        entries = [
            Entry(
                "copy.ended",
                self.plan.requester,
                case=self.plan.case,
                person=holder,
                plan=self.plan.hash,
                detail={"copies": copies},
            )
            for holder, copies in by_holder.items()
        ]
        self.ledger.append(entries, self.clock())


def _by_store(some: Iterable[_Copy]) -> dict[str, list[DeliveryRow]]:
    """Give the deliveries under way of copies."""
    found: defaultdict[str, list[DeliveryRow]] = defaultdict(list)
    for one in some:
        for row in one.under_way:
            found[row.store].append(row)
    return found
