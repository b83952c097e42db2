"""Some copies put back out of quarantine; what was begun before is taken up where it is.

What keeps one copy from coming back ends that copy alone. No copy is put back by two plans: the database
lets each be under way or done once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError

from postwarden.custody.service import (
    Kept,
    KeyDestroyed,
    ObjectChanged,
    ObjectMissing,
    Opened,
    Plan,
    Quarantine,
)
from postwarden.ledger.service import Entry, Ledger
from postwarden.relocation.bearing import Lease
from postwarden.relocation.carrying import Outside
from postwarden.relocation.content import content_hash
from postwarden.relocation.errors import PermanentRouteError, TemporaryRouteError
from postwarden.relocation.keeping import note_ticket
from postwarden.relocation.models import CLAIMS, CopyRow, DeliveryRow
from postwarden.relocation.ports import Parcel, Route
from postwarden.relocation.rules import MOST_TRIES, Outcome, Sent, Stage, Why
from postwarden.relocation.sending import Sending

_ELSEWHERE = "another plan puts some of the copies back just now"


@dataclass(slots=True)
class Return:
    """Some copies of a plan that come back."""

    ledger: Ledger
    quarantine: Quarantine
    outside: Outside
    identities: Sequence[str]
    plan: Plan
    lease: Lease
    rows: list[CopyRow]
    _deliveries: dict[int, DeliveryRow] = field(default_factory=dict)
    _opened: dict[str, Opened] = field(default_factory=dict)

    def run(self) -> None:
        """Bring each copy as far as it comes.

        Raises:
            WrongIdentity: no identity opens the quarantine.
            PermanentRouteError, AmbiguousRouteError: see `note_try`.
            TemporaryRouteError: a store is away, or another plan puts some of them back.
            LeaseLost: somebody else carries the plan out by now.
        """
        found = DeliveryRow.objects.filter(copy__in=self.rows)
        self._deliveries = {one.copy_id: one for one in found}
        new = [row for row in self.rows if row.stage != Stage.SENDING]
        waiting = self._stage(new)
        self._send({self._deliveries[row.pk].pk for row in new})
        if waiting:
            raise TemporaryRouteError(_ELSEWHERE)

    def note_try(self) -> None:
        """Count a try that may have done something; a copy that fails alone again and again waits."""
        rows = list(CopyRow.objects.filter(pk__in=[row.pk for row in self.rows]))
        failed = [row for row in rows if row.stage != Stage.ENDED]
        for row in failed:
            row.tries += 1
            if len(rows) == 1 and row.tries >= MOST_TRIES:
                self._end(row, Outcome.NEEDS_PERSON, Why.KEEPS_FAILING)
        given_up = [row for row in failed if row.stage == Stage.ENDED]
        under_way = DeliveryRow.objects.filter(copy__in=given_up, sent=Sent.UNDER_WAY)
        with self.lease.step():
            self._record_ended(given_up)
            CopyRow.objects.bulk_update(failed, ["stage", "outcome", "why", "tries", "ended"])
            under_way.update(sent=Sent.UNCLEAR)

    def _stage(self, new: Sequence[CopyRow]) -> bool:
        """Write copies where nobody looks; tell whether some wait for another plan."""
        if not new:
            return False
        with self.lease.step():
            self._record("copy.restoring", new)
        waiting = self._leave_claimed(new)
        self._leave_homeless(row for row in new if row.pk not in waiting)
        for row in new:
            if row.stage != Stage.ENDED and row.pk not in waiting:
                self._stage_one(row)
        try:
            with self.lease.step():
                self._record_ended(new)
                self._save(new)
        except IntegrityError as error:
            self._clear(new)
            raise TemporaryRouteError(_ELSEWHERE) from error
        return bool(waiting)

    def _leave_claimed(self, rows: Sequence[CopyRow]) -> set[int]:
        """End what another plan put back; give what another one is putting back."""
        waiting = set()
        for row in rows:
            one = self._deliveries[row.pk]
            claims = DeliveryRow.objects.filter(account=one.account, message=one.message)
            other = claims.filter(sent__in=CLAIMS).exclude(pk=one.pk).first()
            if other is None:
                continue
            if other.sent == Sent.UNDER_WAY:
                waiting.add(row.pk)
            elif other.sent == Sent.UNCLEAR:
                self._end(row, Outcome.NEEDS_PERSON, Why.NOT_KNOWN_ARRIVED)
            else:
                self._end(row, Outcome.LEFT, Why.SETTLED)
        return waiting

    def _leave_homeless(self, rows: Iterable[CopyRow]) -> None:
        """End what has no mailbox to come back to."""
        by_store: defaultdict[str, list[CopyRow]] = defaultdict(list)
        for row in rows:
            if row.stage != Stage.ENDED:
                by_store[self._deliveries[row.pk].store].append(row)
        for store, theirs in by_store.items():
            rooms = self._route(store).rooms(sorted({row.holder for row in theirs}))
            for row in theirs:
                if not rooms[row.holder].exists:
                    self._end(row, Outcome.NEEDS_PERSON, Why.NO_MAILBOX)

    def _stage_one(self, row: CopyRow) -> None:
        kept = self._kept(row)
        if kept is None:
            return
        one = self._deliveries[row.pk]
        mark = f"{self.lease.effect.number}-{self.lease.effect.token}"
        key = f"{self.plan.hash[:12]}-{one.pk}-{mark}"
        parcel = Parcel(key, row.holder, kept.folder, kept.content, kept.internal_date)
        ticket = self._route(one.store).restore(parcel, kept.flags, kept.keywords)
        note_ticket(one, ticket, content_hash(kept.content))
        row.stage, row.content = Stage.SENDING, one.content

    def _kept(self, row: CopyRow) -> Kept | None:
        """Read a copy out of quarantine; None, and its end, where it is not there as it was kept."""
        details = dict(self.plan.acts[row.place].details)
        case = details["kept-under"]
        try:
            if case not in self._opened:
                self._opened[case] = self.quarantine.unlock(case, self.identities)
            return self._opened[case].read(details["object"])
        except KeyDestroyed:  # on purpose, and on record: nobody has to look
            self._end(row, Outcome.LEFT, Why.NOT_KEPT)
        except (ObjectChanged, ObjectMissing):
            self._end(row, Outcome.NEEDS_PERSON, Why.NOT_KEPT)
        return None

    def _send(self, fresh: set[int]) -> None:
        staged = [row for row in self.rows if row.stage == Stage.SENDING]
        for store in {self._deliveries[row.pk].store for row in staged}:
            theirs = [one for row in staged if (one := self._deliveries[row.pk]).store == store]
            Sending(self._route(store), theirs, fresh, self.outside.rest).run()
        for row in staged:
            self._after(row, Sent(self._deliveries[row.pk].sent))
        with self.lease.step():
            self._record_ended(staged)
            self._save(staged)
        self._clear(staged)

    def _after(self, row: CopyRow, sent: Sent) -> None:
        if sent is Sent.DUE:  # it is staged nowhere any more, and never arrived
            row.stage = Stage.TAKING
        elif sent in (Sent.ARRIVED, Sent.TAKEN):
            self._end(row, Outcome.RESTORED)
        else:
            self._end(row, Outcome.NEEDS_PERSON, Why.NOT_KNOWN_ARRIVED)

    def _end(self, row: CopyRow, outcome: Outcome, why: Why | None = None) -> None:
        row.stage, row.ended = Stage.ENDED, self.outside.clock()
        row.outcome, row.why = outcome, why or ""

    def _route(self, store: str) -> Route:
        if store not in self.outside.routes:
            raise PermanentRouteError(f"store {store}: there is no way to it")
        return self.outside.routes[store]

    def _clear(self, rows: Sequence[CopyRow]) -> None:
        for one in (self._deliveries[row.pk] for row in rows):
            if one.key:  # no key would begin as all keys do
                self._route(one.store).clear([one.key], [one.account])

    def _save(self, rows: Sequence[CopyRow]) -> None:
        CopyRow.objects.bulk_update(rows, ["stage", "outcome", "why", "content", "ended"])
        theirs = [self._deliveries[row.pk] for row in rows]
        fields = ["sent", "key", "ticket", "guid", "content"]
        DeliveryRow.objects.bulk_update(theirs, fields)

    def _record_ended(self, rows: Sequence[CopyRow]) -> None:
        """Say of each copy at its end what became of it, as repairs do."""
        ended = [row for row in rows if row.stage == Stage.ENDED]
        back = [row for row in ended if row.outcome == Outcome.RESTORED]
        self._record("copy.restored", back)
        self._record("copy.ended", [row for row in ended if row not in back])

    def _record(self, act: str, rows: Sequence[CopyRow]) -> None:
        entries = [
            Entry(
                act,
                self.plan.requester,
                self.plan.reason,
                case=self.plan.case,
                person=row.holder,
                plan=self.plan.hash,
                detail={"copies": [[row.finding, row.outcome, row.why, row.content, "", ""]]},
            )
            for row in rows
        ]
        self.ledger.append(entries, self.outside.clock())
