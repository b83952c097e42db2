"""Some copies put where they belong, all steps of them; what was begun before is taken up where it is.

A crash at any point leaves each copy in the stage last written, and the same course goes on from there:

- before SENDING nothing can have arrived: what is staged is not published; it is staged anew;
- in SENDING the tickets are kept, and `settle` says of each whether it arrived;
- in REMOVING all of them were read back, so that a source that is gone is no loss.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from postwarden.custody.service import Kept, Quarantine
from postwarden.ledger.service import Entry, Ledger
from postwarden.relocation.cleaning import cleaned
from postwarden.relocation.content import content_hash
from postwarden.relocation.errors import (
    AmbiguousRouteError,
    PermanentRouteError,
    TemporaryRouteError,
)
from postwarden.relocation.keeping import Job, note_ticket, save, ticket_of
from postwarden.relocation.models import DeliveryRow
from postwarden.relocation.ports import Original, Parcel, Room, Route, Ticket, Where
from postwarden.relocation.rules import (
    Outcome,
    Sent,
    Stage,
    Why,
    after_settling,
    may_remove,
    unfit,
    when_absent,
    when_removed,
)
from postwarden.vocabulary import Moment


class Stopped(Exception):
    """Somebody stopped the plan: nothing more is begun, and nothing under way is left half done."""


@dataclass(frozen=True, slots=True)
class Crew:
    """What a batch is done with.

    Attributes:
        ledger: the record.
        quarantine: where removed copies are kept.
        routes: to the stores, by name.
        preserved: gives those accounts whose stored mail must stay as it is.
        clock: gives the present.
        step: a transaction that ends with an exception where somebody else carries the plan out now.
        go_on: raises `Stopped` where somebody stopped it.
        case: reference.
        plan: hash.
        actor: who runs it.
        mark: of this run; keys of staging hold it, so that no two runs share one.
    """

    ledger: Ledger
    quarantine: Quarantine
    routes: Mapping[str, Route]
    preserved: Callable[[Sequence[str]], frozenset[str]]
    clock: Callable[[], Moment]
    step: Callable[[], AbstractContextManager[None]]
    go_on: Callable[[], None]
    case: str
    plan: str
    actor: str
    mark: str

    def route(self, store: str) -> Route:
        """Give the way to a store; raises `PermanentRouteError` where none is configured any more."""
        if store not in self.routes:
            raise PermanentRouteError(f"store {store}: postwarden.toml no longer names it")
        return self.routes[store]


@dataclass(slots=True)
class Batch:
    """One batch; `run` raises the room's route errors, and is asked again with the same copies then."""

    crew: Crew
    jobs: list[Job]
    _originals: dict[str, Original] = field(default_factory=dict)
    _fresh: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Bring each copy as far as it comes."""
        self._intend()
        self._take()
        self._send()
        self._remove()

    def _at(self, stage: Stage) -> list[Job]:
        return [job for job in self.jobs if job.stage is stage]

    def _intend(self) -> None:
        waiting = self._at(Stage.WAITING)
        if not waiting:
            return
        self.crew.go_on()
        for job in waiting:
            job.row.stage = Stage.TAKING
        with self.crew.step():
            told = ((job.row.holder, [job.row.finding, len(job.deliveries)]) for job in waiting)
            self._record("copy.intended", told)
            save(waiting)

    def _take(self) -> None:
        """Read what is to be taken, keep it in quarantine, and stage it for those whom it is meant for."""
        taking = self._at(Stage.TAKING)
        if not taking:
            return
        self.crew.go_on()
        self._leave_unfit(taking)
        self._read(self._at(Stage.TAKING))
        read = self._at(Stage.TAKING)
        self._quarantine(read)
        self._stage(read)
        for job in read:
            job.row.stage = Stage.SENDING
        with self.crew.step():
            self._record_ended(taking)
            save(taking)
        self._originals.clear()

    def _leave_unfit(self, taking: Sequence[Job]) -> None:
        """End those that no longer fit what is live now."""
        preserved = self.crew.preserved(sorted({job.row.holder for job in taking}))
        rooms = self._rooms(taking)
        for job in taking:
            goals = [rooms[one.store, one.account] for one in job.deliveries]
            preserving = job.row.holder in preserved
            why = unfit(job.repair.size, goals, preserved=preserving)
            if why is not None and not job.row.quarantined:
                job.end(Outcome.LEFT, why, self.crew.clock())

    def _rooms(self, taking: Sequence[Job]) -> dict[tuple[str, str], Room]:
        found: dict[tuple[str, str], Room] = {}
        for store, rows in _by_store(one for job in taking for one in job.deliveries).items():
            accounts = sorted({row.account for row in rows})
            rooms = self.crew.route(store).rooms(accounts)
            found |= {(store, account): rooms[account] for account in accounts}
        return found

    def _read(self, taking: Sequence[Job]) -> None:
        for store, some in _by_source(taking).items():
            by_id = {job.repair.copy.id: job for job in some}
            wanted = [job.repair.copy for job in some]
            for copy, found in self.crew.route(store).read(wanted):
                job = by_id[copy.id]
                if isinstance(found, Original):
                    self._originals[copy.id] = found
                else:
                    outcome, why = when_absent(found, job.sent)
                    job.end(outcome, why, self.crew.clock())

    def _quarantine(self, read: Sequence[Job]) -> None:
        kept = [self._kept(job) for job in read]
        stored = self.crew.quarantine.put(self.crew.case, kept, self.crew.clock())
        if not all(self.crew.quarantine.whole(self.crew.case, stored)):
            raise TemporaryRouteError("quarantine: what was written cannot be read back whole")
        for job, one in zip(read, stored, strict=True):
            job.row.content = content_hash(self._originals[job.repair.copy.id].content)
            job.row.quarantined, job.row.sealed = one.name, one.sha256

    def _kept(self, job: Job) -> Kept:
        original = self._originals[job.repair.copy.id]
        return Kept(
            content=original.content,
            internal_date=original.internal_date,
            flags=original.flags,
            keywords=original.keywords,
            account=job.row.holder,
            folder=original.folder,
        )

    def _stage(self, read: Sequence[Job]) -> None:
        due = [(job, one) for job in read for one in job.deliveries if one.sent == Sent.DUE]
        for store, rows in _by_store(one for _, one in due).items():
            theirs = {row.pk for row in rows}
            parcels = {row.pk: self._parcel(job, row) for job, row in due if row.pk in theirs}
            tickets = self.crew.route(store).stage(list(parcels.values()))
            for row in rows:
                parcel = parcels[row.pk]
                note_ticket(row, tickets[parcel.key], content_hash(parcel.content))
                self._fresh.add(row.pk)

    def _parcel(self, job: Job, row: DeliveryRow) -> Parcel:
        original = self._originals[job.repair.copy.id]
        content = original.content
        if job.repair.clean:
            content = cleaned(content, job.row.holder)
        folder = job.repair.folder
        key = f"{self.crew.plan[:12]}-{row.pk}-{self.crew.mark}"
        return Parcel(key, row.account, folder, content, original.internal_date)

    def _send(self) -> None:
        """Let what is staged arrive, and read it back."""
        sending = self._at(Stage.SENDING)
        if not sending:
            return
        self.crew.go_on()
        under_way = [one for job in sending for one in job.deliveries if one.sent == Sent.UNDER_WAY]
        for store, rows in _by_store(under_way).items():
            _Sending(self.crew.route(store), rows, self._fresh).run()
        for job in sending:
            self._after_sending(job)
        with self.crew.step():
            self._record("copy.delivered", _delivered(sending, under_way))
            self._record_ended(sending)
            save(sending)

    def _after_sending(self, job: Job) -> None:
        sent = job.sent
        if Sent.UNCLEAR in sent:
            job.end(Outcome.NEEDS_PERSON, Why.NOT_KNOWN_ARRIVED, self.crew.clock())
        elif may_remove(sent):
            job.row.stage = Stage.REMOVING
        else:  # one is staged nowhere any more, and never arrived
            job.row.stage = Stage.TAKING
            job.row.tries += 1

    def _remove(self) -> None:
        removing = self._at(Stage.REMOVING)
        if not removing:
            return
        for store, some in _by_source(removing).items():
            route = self.crew.route(store)
            absences = route.remove([(job.repair.copy, job.row.content) for job in some])
            for job in some:
                outcome, why = when_removed(absences[job.repair.copy.id], job.sent)
                job.end(outcome, why, self.crew.clock())
        with self.crew.step():
            self._record_ended(removing)
            save(removing)
        for store, rows in _by_store(o for j in removing for o in j.deliveries).items():
            self.crew.route(store).clear([row.key for row in rows])

    def _record_ended(self, some: Sequence[Job]) -> None:
        told = ((job.row.holder, _ended(job)) for job in some if job.stage is Stage.ENDED)
        self._record("copy.ended", told)

    def _record(self, act: str, told: Iterable[tuple[str, list[object]]]) -> None:
        """Write one entry an account, with what it says of each copy."""
        by_person: defaultdict[str, list[list[object]]] = defaultdict(list)
        for person, one in told:
            by_person[person].append(one)
        entries = [
            Entry(
                act,
                self.crew.actor,
                case=self.crew.case,
                person=person,
                plan=self.crew.plan,
                detail={"copies": copies},
            )
            for person, copies in by_person.items()
        ]
        self.crew.ledger.append(entries, self.crew.clock())


@dataclass(frozen=True, slots=True)
class _Sending:
    """The deliveries of a batch to one store."""

    route: Route
    rows: Sequence[DeliveryRow]
    fresh: set[int]

    def run(self) -> None:
        """Publish what is staged, once, and read back what arrived."""
        new = [ticket_of(row) for row in self.rows if row.pk in self.fresh]
        if new:
            self._publish(new)
        where = dict(self.route.settle([ticket_of(row) for row in self.rows]))
        staged = [ticket_of(row) for row in self.rows if where[row.key] is Where.STAGED]
        if staged:
            self._publish(staged)
            where |= self.route.settle(staged)
        for row in self.rows:
            row.sent = after_settling(where[row.key])
        self._read_back([row for row in self.rows if row.sent == Sent.ARRIVED])
        if any(row.sent == Sent.UNDER_WAY for row in self.rows):
            raise AmbiguousRouteError(f"{self.route.name}: what is staged does not arrive")

    def _publish(self, tickets: Sequence[Ticket]) -> None:
        """Let parcels arrive; where the answer is lost, looking tells what was done."""
        try:
            self.route.publish(tickets)
        except AmbiguousRouteError:
            return

    def _read_back(self, arrived: Sequence[DeliveryRow]) -> None:
        by_key = {row.key: row for row in arrived}
        for ticket, found in self.route.arrived([ticket_of(row) for row in arrived]):
            row = by_key[ticket.key]
            if isinstance(found, Where):
                row.sent = Sent.TAKEN
            elif found != row.content:
                row.sent = Sent.UNCLEAR


def _by_source(some: Sequence[Job]) -> dict[str, list[Job]]:
    found: defaultdict[str, list[Job]] = defaultdict(list)
    for job in some:
        found[job.repair.store].append(job)
    return found


def _by_store(rows: Iterable[DeliveryRow]) -> dict[str, list[DeliveryRow]]:
    found: defaultdict[str, list[DeliveryRow]] = defaultdict(list)
    for row in rows:
        found[row.store].append(row)
    return found


def _delivered(
    some: Sequence[Job], rows: Sequence[DeliveryRow]
) -> Iterator[tuple[str, list[object]]]:
    findings = {job.row.pk: job.row.finding for job in some}
    for row in rows:
        yield row.account, [findings[row.copy_id], row.sent, row.content, row.guid]


def _ended(job: Job) -> list[object]:
    row, repair = job.row, job.repair
    return [
        *(row.finding, row.outcome, row.why, row.content, row.quarantined, row.sealed),
        *(repair.copy.guid or "", repair.message, repair.queue),
    ]
