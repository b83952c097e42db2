"""Copies and deliveries as they are kept while a plan runs."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import itemgetter
from types import MappingProxyType

from django.db import connection

from postwarden.custody.service import Plan, Refusal, Refused
from postwarden.relocation.accounting import Counted
from postwarden.relocation.acts import Repair, repair_of, size_of
from postwarden.relocation.models import CopyRow, CountRow, DeliveryRow
from postwarden.relocation.owning import hint_of
from postwarden.relocation.ports import Ticket
from postwarden.relocation.rules import MOST_TRIES, Outcome, Sent, Stage, Why
from postwarden.vocabulary import Moment

_BYTES_AT_ONCE = 32 * 1024 * 1024
_SMALLER = 8
_AT_ONCE = 500  # rows
_Values = tuple[str | int | None, ...]
_Kept = tuple[str | int | dict[str, object] | None, ...]
_Row = tuple[str, int]
"""A table, and the key of a row in it."""
_UNKNOWN: Mapping[int, int] = MappingProxyType({})
# In SQL: Django's bulk_update took nine tenths of the time of a whole repair.
_NEW_COPY = (
    'INSERT INTO relocation_copy (plan, place, "case", holder, finding, stage, outcome, why, ended,'
    " tries, content, quarantined, sealed) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 0, '', '', '')"
)
_NEW_DELIVERY = (
    "INSERT INTO relocation_delivery (account, store, sent, hint, message, key, guid, content, copy_id)"
    " SELECT %s, %s, %s, %s, '', '', '', '', id FROM relocation_copy WHERE plan = %s AND place = %s"
)
_COPIES, _DELIVERIES = "relocation_copy", "relocation_delivery"
_COLUMNS = {
    _COPIES: ("stage", "outcome", "why", "content", "quarantined", "sealed", "tries", "ended"),
    _DELIVERIES: ("sent", "key", "guid", "content", "message", "ticket"),
}


@dataclass(slots=True)
class Job:
    """One copy of a running plan: what the plan says, and how far it is.

    Where a transaction in which it was saved failed, it is read anew.

    Attributes:
        row: how far it is.
        repair: what the plan says.
        deliveries: to whom it is meant for.
        written: what the state has of its rows.
    """

    row: CopyRow
    repair: Repair
    deliveries: list[DeliveryRow] = field(default_factory=list)
    written: dict[_Row, _Kept] = field(default_factory=dict)

    @property
    def stage(self) -> Stage:
        """How far it is."""
        return Stage(self.row.stage)

    @property
    def sent(self) -> list[Sent]:
        """How far each delivery is."""
        return [Sent(one.sent) for one in self.deliveries]

    def failed_again(self) -> bool:
        """Count a try that came to nothing; tell whether it may be tried once more."""
        self.row.tries += 1
        return self.row.tries < MOST_TRIES

    def end(self, outcome: Outcome, why: Why | None, now: Moment) -> None:
        """Note what became of it."""
        self.row.stage, self.row.outcome, self.row.ended = Stage.ENDED, outcome, now
        self.row.why = why or ""

    def give_up(self, why: Why, now: Moment) -> None:
        """Leave it to a person; nobody knows of what is under way whether it arrived."""
        self.end(Outcome.NEEDS_PERSON, why, now)
        for one in self.deliveries:
            if one.sent == Sent.UNDER_WAY:
                one.sent = Sent.UNCLEAR


def begin(plan: Plan, case: str, now: Moment) -> None:
    """Make the rows of a plan that begins, in the caller's transaction."""
    with connection.cursor() as cursor:
        for statement, rows in (
            (_NEW_COPY, _copies(plan, case, now)),
            (_NEW_DELIVERY, _deliveries(plan)),
        ):
            while some := list(islice(rows, _AT_ONCE)):
                cursor.executemany(statement, some)


def _copies(plan: Plan, case: str, now: Moment) -> Iterator[_Values]:
    for place, act in enumerate(plan.acts):
        yield plan.hash, place, case, *_begun(repair_of(act), now)


def _deliveries(plan: Plan) -> Iterator[_Values]:
    for place, act in enumerate(plan.acts):
        repair = repair_of(act)
        for goal in repair.goals:
            due = (goal.account, goal.store, str(Sent.DUE), hint_of(repair))
            yield *due, plan.hash, place


def _begun(repair: Repair, now: Moment) -> _Values:
    left = repair.why is not None
    stage, outcome = (Stage.ENDED, Outcome.LEFT) if left else (Stage.WAITING, "")
    told = (repair.copy.account, repair.copy.id, stage, outcome, repair.why or "")
    return (*map(str, told), now if left else None)


def keep_count(plan: Plan, counted: Counted) -> None:
    """Keep what was looked at for a plan, in the caller's transaction."""
    CountRow.objects.create(
        plan=plan.hash,
        **counted.seen._asdict(),
        right=_lines(counted.right),
        settled=_lines(counted.settled),
        planned=_lines(counted.planned),
        digest=counted.digest,
        left_by=dict(counted.left_by),
    )


def _lines(names: Iterable[str]) -> str:
    return "".join(f"{name}\n" for name in names)


def unfinished(hashed: str) -> list[tuple[int, str, int]]:
    """Give place, holder and tries of the copies of a plan that have not come to their end."""
    rows = CopyRow.objects.filter(plan=hashed).exclude(stage=Stage.ENDED)
    return list(rows.order_by("holder", "place").values_list("place", "holder", "tries"))


def receivers(hashed: str) -> dict[str, list[str]]:
    """Give the accounts that a plan delivers to, by store."""
    rows = DeliveryRow.objects.filter(copy__plan=hashed).order_by("store", "account")
    found: defaultdict[str, list[str]] = defaultdict(list)
    for store, account in rows.values_list("store", "account").distinct():
        found[store].append(account)
    return found


def jobs(plan: Plan, places: Sequence[int]) -> list[Job]:
    """Read some copies of a plan, in order.

    Raises:
        Refused: what is kept of one is not what the plan says of it (FORGED).
    """
    rows = CopyRow.objects.filter(plan=plan.hash, place__in=places).order_by("place")
    found = [Job(row, repair_of(plan.acts[row.place])) for row in rows]
    by_copy = {job.row.pk: job for job in found}
    for one in DeliveryRow.objects.filter(copy__in=by_copy).order_by("pk"):
        by_copy[one.copy_id].deliveries.append(one)
    if not all(map(_is_planned, found)):
        raise Refused(Refusal.FORGED)
    for job in found:
        job.written |= _rows(job)
    return found


def _is_planned(job: Job) -> bool:
    """Tell whether what is kept of a copy is about those whom the plan names, and nobody else."""
    theirs = [(one.account, one.store) for one in job.deliveries]
    named = (job.row.holder, job.row.finding) == (job.repair.copy.account, job.repair.copy.id)
    return named and sorted(theirs) == sorted(tuple(goal) for goal in job.repair.goals)


def save(some: Iterable[Job]) -> None:
    """Write how far copies and deliveries are, in the caller's transaction: what changed since the last time."""
    told: defaultdict[tuple[str, tuple[str, ...]], list[_Values]] = defaultdict(list)
    for job in some:
        for (table, key), values in _rows(job).items():
            before = job.written.get((table, key))
            if values == before:
                continue
            columns = _COLUMNS[table]
            new = [at for at in range(len(columns)) if before is None or values[at] != before[at]]
            update = (table, tuple([columns[at] for at in new]))
            told[update].append((*[_stored(values[at]) for at in new], key))
            job.written[table, key] = values
    with connection.cursor() as cursor:
        for (table, columns), rows in sorted(told.items()):  # claims go before others take them
            changes = ", ".join(f"{column} = %s" for column in columns)
            cursor.executemany(f"UPDATE {table} SET {changes} WHERE id = %s", rows)  # noqa: S608  # names of ours


def _rows(job: Job) -> dict[_Row, _Kept]:
    row = job.row
    told = (row.stage, row.outcome, row.why, row.content, row.quarantined, row.sealed)
    found: dict[_Row, _Kept] = {(_COPIES, row.pk): (*map(str, told), row.tries, row.ended)}
    for one in job.deliveries:
        given = (one.sent, one.key, one.guid, one.content, one.message)
        found[_DELIVERIES, one.pk] = (*map(str, given), one.ticket)
    return found


def _stored(value: str | int | dict[str, object] | None) -> str | int | None:
    return json.dumps(value) if isinstance(value, dict) else value


def ticket_of(row: DeliveryRow) -> Ticket:
    """Give the ticket of a delivery that was staged."""
    told = row.ticket or {}
    return Ticket(row.key, row.account, told["folder"], row.guid, told["place"])


def note_ticket(row: DeliveryRow, ticket: Ticket, content: str) -> None:
    """Note that a delivery was staged, and the hash of what is to arrive."""
    row.sent, row.key, row.guid, row.content = Sent.UNDER_WAY, ticket.key, ticket.guid, content
    row.ticket = {"folder": ticket.folder, "place": dict(ticket.place)}


def forget_staged(job: Job) -> None:
    """Let deliveries of a copy be due again that were staged in vain, before any of it was written."""
    for row in job.deliveries:
        if row.sent == Sent.UNDER_WAY:
            row.sent = Sent.DUE


def sizes(plan: Plan) -> dict[int, int]:
    """Give the bytes of each copy of a plan by its place, as evidence knew them."""
    return {place: size_of(act) for place, act in enumerate(plan.acts)}


def portions(
    places: Sequence[tuple[int, str, int]],
    most: int,
    sizes: Mapping[int, int] = _UNKNOWN,
    smaller: int = 0,
) -> Iterator[list[int]]:
    """Give places in portions to do at once: neither many nor large.

    What failed before comes last, in portions that are smaller with each try, so that one copy at fault
    soon stands alone and does not keep the others back one by one.

    Args:
        places: with holder and tries, in the order in which they are to be done.
        most: in a portion.
        sizes: bytes by place, where they count.
        smaller: tries that came to nothing for all of them.
    """
    tries = itemgetter(2)
    for failed, some in groupby(sorted(places, key=tries), tries):
        portion: list[int] = []
        size, limit = 0, most // _SMALLER ** (failed + smaller)
        for place, _, _ in some:
            size += sizes.get(place, 0)
            if portion and (len(portion) >= limit or size > _BYTES_AT_ONCE):
                yield portion
                portion, size = [], sizes.get(place, 0)
            portion.append(place)
        yield portion
