"""Some copies put where they belong, all steps of them; what was begun before is taken up where it is.

A crash at any point leaves each copy in the stage last written, and the same course goes on from there:

- before SENDING nothing can have arrived: what is staged is not published; it is staged anew;
- in SENDING the tickets are kept, and `settle` says of each whether it arrived;
- in REMOVING all of them were read back, so that a source that is gone is no loss.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from django.db import IntegrityError

from postwarden.custody.service import Kept
from postwarden.relocation.acts import BY_FILTER
from postwarden.relocation.bearing import LeaseLost
from postwarden.relocation.cleaning import cleaned
from postwarden.relocation.content import content_hash
from postwarden.relocation.crew import Crew
from postwarden.relocation.errors import RelocationError, TemporaryRouteError
from postwarden.relocation.keeping import Job, forget_staged, note_ticket, save
from postwarden.relocation.models import DeliveryRow
from postwarden.relocation.owning import (
    awaited,
    firsts,
    message_of,
    named_alike,
    note_likely,
    note_others,
    taken_by_others,
)
from postwarden.relocation.pacing import Course, asked, elsewhere
from postwarden.relocation.ports import Absence, Original, Parcel, Room, Route, Wanted
from postwarden.relocation.recording import record, record_delivered, record_ended
from postwarden.relocation.rules import (
    MOST_TRIES,
    Outcome,
    Sent,
    Stage,
    Why,
    may_remove,
    unfit,
    when_absent,
    when_given,
    when_removed,
)
from postwarden.relocation.sending import Sending
from postwarden.relocation.twins import used_since


@dataclass(slots=True)
class Batch:
    """One batch: to be taken, then to be given; the next one may be taken while it is given.

    Both raise the room's route errors; a batch that failed is made anew of the same copies.

    Attributes:
        crew: what it is done with.
        jobs: its copies.
        behind: it is taken while another one is given.
    """

    crew: Crew
    jobs: list[Job]
    behind: bool = False
    _originals: dict[str, Original] = field(default_factory=dict)
    _fresh: set[int] = field(default_factory=set)
    _kept_now: set[str] = field(default_factory=set)

    def take(self) -> Course[None]:
        """Bring each copy as far as it comes before anything arrives anywhere."""
        self.crew.go_on()
        self._intend()
        yield from self._take(self._at(Stage.TAKING))

    def give(self) -> Course[None]:
        """Let what was taken arrive, and remove it from where it was; those before it have ended.

        Raises:
            TemporaryRouteError: some wait for deliveries of the same messages by another plan.
        """
        late = self._at(Stage.TAKING) if self.behind else []
        yield from self._arrive()
        late = [job for job in late if job.stage is Stage.TAKING]
        if late:  # for the batch before, which has delivered by now
            yield from self._take(late)
            yield from self._arrive()
        if self._at(Stage.TAKING):
            raise TemporaryRouteError("another repair delivers some of the same messages")

    def _arrive(self) -> Course[None]:
        yield from self._send()
        self._wait_for_others()
        yield from self._remove()

    def note_try(self) -> None:
        """Count a try that may have done something; a copy that fails alone again and again waits."""
        failed = [job for job in self.jobs if job.stage is not Stage.ENDED]
        for job in failed:
            job.row.tries += 1
            if len(self.jobs) == 1 and job.row.tries >= MOST_TRIES:
                job.give_up(Why.KEEPS_FAILING, self.crew.clock())
        self._save(failed)

    def _at(self, stage: Stage) -> list[Job]:
        return [job for job in self.jobs if job.stage is stage]

    def _intend(self) -> None:
        waiting = self._at(Stage.WAITING)
        if not waiting:
            return
        for job in waiting:
            job.row.stage = Stage.TAKING
        with self.crew.step():
            told = ((job.row.holder, [job.row.finding, len(job.deliveries)]) for job in waiting)
            record(self.crew, "copy.intended", told)
            save(waiting)

    def _take(self, taking: Sequence[Job]) -> Course[None]:
        """Read what is to be taken, keep it in quarantine, and stage it for those whom it is meant for."""
        if not taking:
            return
        self.crew.go_on()
        note_others(_deliveries(taking))
        yield from self._leave_unfit(taking)
        yield from self._read([job for job in taking if job.stage is Stage.TAKING])
        read = [job for job in taking if job.repair.copy.id in self._originals]
        yield from self._quarantine(read)
        yield from self._stage(read)
        for job in read:
            if job.stage is Stage.ENDED:
                forget_staged(job)
            else:
                self._after(job)
        try:
            self._save(taking)
        except LeaseLost:  # whoever has the plan by now does not know of it, and may have ended
            with suppress(RelocationError):
                yield from self._clear(one for one in _deliveries(read) if one.pk in self._fresh)
            raise
        self._originals.clear()

    def _save(self, some: Sequence[Job]) -> None:
        """Write how far copies are; nothing of it where another plan was first to deliver a message."""
        try:
            with self.crew.step():
                record_ended(self.crew, some)
                save(some)
        except IntegrityError as error:
            raise TemporaryRouteError("another repair delivers one of the messages") from error

    def _leave_unfit(self, taking: Sequence[Job]) -> Course[None]:
        """End those that no longer fit what is live now."""
        preserved = self.crew.preserved(sorted({job.row.holder for job in taking}))
        rooms = yield from self._rooms(taking)
        for job in taking:
            due = [one for one in job.deliveries if one.sent == Sent.DUE]
            places = [(one.store, one.account) for one in due]
            preserving = job.row.holder in preserved and not job.repair.stays
            size = job.repair.size
            why = unfit(size, [rooms[place] for place in places], preserved=preserving)
            if why is not None and not job.row.content:
                job.end(Outcome.LEFT, why, self.crew.clock())
                continue
            for place in places:
                rooms[place] = rooms[place].less(size)

    def _rooms(self, taking: Sequence[Job]) -> Course[dict[tuple[str, str], Room]]:
        found: dict[tuple[str, str], Room] = {}
        for store, rows in _by_store(one for job in taking for one in job.deliveries).items():
            accounts = sorted({row.account for row in rows})
            route = self.crew.route(store)
            rooms = yield from asked(route, partial(route.rooms, accounts))
            found |= {(store, account): rooms[account] for account in accounts}
        return found

    def _read(self, taking: Sequence[Job]) -> Course[None]:
        for store, some in _by_source(taking).items():
            by_id = {job.repair.copy.id: job for job in some}
            wanted = [job.repair.copy for job in some]
            route = self.crew.route(store)
            for copy, found in (yield from asked(route, partial(_read, route, wanted))):
                job = by_id[copy.id]
                if isinstance(found, Original):
                    self._originals[copy.id] = found
                else:
                    self._absent(job, found)

    def _absent(self, job: Job, absence: Absence) -> None:
        """Note what became of a copy that is not there, or that what it waits for is yet to come."""
        others = taken_by_others(job.row)
        note_others(named_alike(job.deliveries, others))
        note_likely(job.deliveries)
        outcome, why = when_absent(absence, job.sent, settled=bool(others), stays=job.repair.stays)
        if awaited(job.deliveries) or any(one.stage != Stage.ENDED for one in others):
            job.row.why = why or ""
        else:
            job.end(outcome, why, self.crew.clock())

    def _quarantine(self, read: Sequence[Job]) -> Course[None]:
        for job in read:
            job.row.content = content_hash(self._originals[job.repair.copy.id].content)
            job.row.why = ""
        leaving = [job for job in read if not job.repair.stays]
        kept = [self._kept(job) for job in leaving]
        quarantine, case, now = self.crew.quarantine, self.crew.case, self.crew.clock()
        with quarantine.putting(case, kept, now, self.crew.sealer) as putting:
            yield from elsewhere(putting.seal)
            stored = putting.stored()
        if not all(quarantine.whole(case, stored)):
            raise TemporaryRouteError("quarantine: what was written cannot be read back whole")
        self._kept_now.update(one.name for one in stored)
        for job, one in zip(leaving, stored, strict=True):
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

    def _stage(self, read: Sequence[Job]) -> Course[None]:
        jobs = {one.pk: job for job in read for one in job.deliveries}
        for job in read:
            self._name_message(job)
        under_way = note_others(_deliveries(read))
        for store, rows in _by_store(firsts(_deliveries(read), under_way)).items():
            parcels = {row.pk: self._parcel(jobs[row.pk], row) for row in rows}
            route = self.crew.route(store)
            staging = partial(route.stage, list(parcels.values()))
            tickets = yield from asked(route, staging)
            for row in rows:
                parcel = parcels[row.pk]
                if parcel.key not in tickets:
                    self._cannot_be_carried(jobs[row.pk])
                    continue
                content = jobs[row.pk].row.content
                if jobs[row.pk].repair.clean:
                    content = content_hash(parcel.content)
                note_ticket(row, tickets[parcel.key], content)
                self._fresh.add(row.pk)

    def _cannot_be_carried(self, job: Job) -> None:
        """End a copy that its route would not deliver as it is; what is staged of it is never published."""
        begun = any(one.sent not in (Sent.DUE, Sent.UNDER_WAY) for one in job.deliveries)
        outcome = Outcome.NEEDS_PERSON if begun else Outcome.LEFT
        job.end(outcome, Why.NOT_CARRIED, self.crew.clock())

    def _name_message(self, job: Job) -> None:
        content = self._originals[job.repair.copy.id].content
        message = message_of(job.repair, content, self.crew.header(content))
        for row in job.deliveries:
            if row.sent == Sent.DUE:
                row.message = message

    def _parcel(self, job: Job, row: DeliveryRow) -> Parcel:
        original = self._originals[job.repair.copy.id]
        content = original.content
        if job.repair.clean:
            content = cleaned(content, job.row.holder)
        folder = job.repair.folder
        if folder == BY_FILTER:
            folder = self.crew.filing(row.store, row.account, content)
        key = f"{self.crew.plan[:12]}-{row.pk}-{self.crew.mark}"
        return Parcel(key, row.account, folder, content, original.internal_date)

    def _send(self) -> Course[None]:
        """Let what is staged arrive, and read it back."""
        sending = self._at(Stage.SENDING)
        if not sending:
            return
        self.crew.go_on()  # what is staged has arrived nowhere: it stays so, or is found later
        under_way = [one for job in sending for one in job.deliveries if one.sent == Sent.UNDER_WAY]
        for store, rows in _by_store(under_way).items():
            route = self.crew.route(store)
            sent = Sending(route, rows, self._fresh, self.crew.rest)
            yield from asked(route, sent.run)
        lost = {one.copy_id for one in under_way if one.sent == Sent.DUE}
        for job in sending:
            if job.row.pk in lost and not job.failed_again():
                job.end(Outcome.NEEDS_PERSON, Why.KEEPS_FAILING, self.crew.clock())
            else:
                self._after(job)
        with self.crew.step():
            record_delivered(self.crew, sending, under_way)
            record_ended(self.crew, sending)
            save(sending)

    def _after(self, job: Job) -> None:
        """Let a copy be in the stage that its deliveries are for."""
        sent = job.sent
        if Sent.UNDER_WAY in sent:
            job.row.stage = Stage.SENDING
        elif not {Sent.UNCLEAR, Sent.DOUBTED}.isdisjoint(sent):
            job.end(Outcome.NEEDS_PERSON, Why.NOT_KNOWN_ARRIVED, self.crew.clock())
        elif job.repair.stays and may_remove(sent):
            job.end(*when_given(sent), self.crew.clock())
        else:
            job.row.stage = Stage.REMOVING if may_remove(sent) else Stage.TAKING

    def _wait_for_others(self) -> None:
        """Let copies go whose message has arrived from another one of this batch."""
        waiting = [job for job in self._at(Stage.TAKING) if job.row.content]
        note_others(_deliveries(waiting))
        for job in waiting:
            self._after(job)
        done = [job for job in waiting if job.stage is not Stage.TAKING]
        if done:
            self._save(done)

    def _remove(self) -> Course[None]:
        self._must_be_kept()
        removing = self._may_be_removed()
        used = yield from used_since(self.crew, removing)
        for job in used:
            job.end(Outcome.LEFT, Why.TOUCHED, self.crew.clock())
        if used:
            self._save(used)
        removing = [job for job in removing if job not in used]
        for store, some in _by_source(removing).items():
            copies = [(job.repair.copy, job.row.content) for job in some]
            route = self.crew.route(store)
            absences = yield from asked(route, partial(route.remove, copies))
            for job in some:
                outcome, why = when_removed(absences[job.repair.copy.id], job.sent)
                job.end(outcome, why, self.crew.clock())
        if removing:
            self._save(removing)
        yield from self._clear(row for row in _deliveries(removing) if row.key)

    def _clear(self, rows: Iterable[DeliveryRow]) -> Course[None]:
        for store, some in _by_store(rows).items():
            accounts = sorted({row.account for row in some})
            keys = [row.key for row in some]
            route = self.crew.route(store)
            yield from asked(route, partial(route.clear, keys, accounts))

    def _must_be_kept(self) -> None:
        """Take copies once more that quarantine has not whole any more: it was destroyed, or its time is up."""
        earlier = [
            job for job in self._at(Stage.REMOVING) if job.row.quarantined not in self._kept_now
        ]
        there = self.crew.quarantine.stored([job.row.quarantined for job in earlier])
        lost = []
        for job in earlier:
            one = there.get(job.row.quarantined)
            if one is None or not all(self.crew.quarantine.whole(self.crew.case, [one])):
                job.row.stage = Stage.TAKING
                lost.append(job)
        if lost:
            self._save(lost)

    def _may_be_removed(self) -> list[Job]:
        """Leave copies of holders whose stored mail must stay as it is by now; give the others."""
        removing = self._at(Stage.REMOVING)
        preserved = self.crew.preserved(sorted({job.row.holder for job in removing}))
        left = [job for job in removing if job.row.holder in preserved]
        for job in left:
            job.end(Outcome.LEFT, Why.PRESERVED, self.crew.clock())
        if left:
            self._save(left)
        return self._at(Stage.REMOVING)


def _read(route: Route, copies: Sequence[Wanted]) -> list[tuple[Wanted, Original | Absence]]:
    return list(route.read(copies))


def _deliveries(some: Iterable[Job]) -> list[DeliveryRow]:
    return [one for job in some for one in job.deliveries]


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
