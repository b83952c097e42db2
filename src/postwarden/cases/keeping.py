"""Cases as they are kept: rows read as frozen values, and written with their record."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F

from postwarden.cases.desk import Actor, Desk, System
from postwarden.cases.errors import NoSuchCase, Refused
from postwarden.cases.hiding import insiders_of, is_inside
from postwarden.cases.models import AccountRow, CaseRow, EntryRow, StepRow, TaskRow, YearRow
from postwarden.cases.rules import Refusal
from postwarden.cases.values import (
    Case,
    Confidence,
    Kind,
    Party,
    Severity,
    Stage,
    State,
    Task,
    Times,
    Work,
)
from postwarden.ledger.service import Entry
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment, rfc3339, said

_T = TypeVar("_T")
_CHUNK = 500  # names in one statement


@dataclass(frozen=True, slots=True)
class Deed:
    """What is recorded of a change, in the timeline and in the ledger.

    Attributes:
        act: a dotted code; shells have the sentences.
        actor: who.
        at: when it happened; `now` of the change for what happens by it.
        account: the one it is about; empty: several, or the case.
        text: what somebody said.
        values: further facts, as JSON has them.
        evidence: where it can be looked up.
    """

    act: str
    actor: Actor
    at: Moment
    account: str = ""
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    evidence: Sequence[str] = ()


def next_reference(now: Moment) -> str:
    """Give the next reference of the year, in the caller's transaction: who else asks waits for it."""
    year = int(rfc3339(now)[:4])
    YearRow.objects.bulk_create([YearRow(year=year)], ignore_conflicts=True)
    YearRow.objects.filter(year=year).update(last=F("last") + 1)
    return f"{year}-{YearRow.objects.get(year=year).last:04}"


def locked(reference: str, actor: Actor) -> CaseRow:
    """Give a case's row, or that of the one it became part of, until the transaction ends alone.

    Raises:
        NoSuchCase: there is none that the actor may know of.
    """
    row = found(reference, actor)
    if connection.features.has_select_for_update:
        row = CaseRow.objects.select_for_update().get(pk=row.reference)
    return locked(row.merged_into_id, actor) if row.merged_into_id else row


def found(reference: str, actor: Actor) -> CaseRow:
    """Give a case's row, or that of the one it became part of.

    Raises:
        NoSuchCase: there is none, or it is restricted to others.
    """
    row = _CASE.first(reference)
    while row is not None and row.merged_into_id:
        row = row.merged_into
    if row is None or not is_inside(actor, row):
        raise _no_case(reference)
    return row


_CASE = Prepared(lambda reference: CaseRow.objects.filter(pk=reference))


def known_to(actor: Actor, reference: str) -> None:
    """Raise `NoSuchCase` for a case that is restricted to others."""
    if isinstance(actor, System):
        return
    inside = insiders_of(reference)
    if inside is not None and actor.name not in inside:
        raise _no_case(reference)


def _no_case(reference: str) -> NoSuchCase:
    return NoSuchCase(
        said("{reference}: there is no such case; `postwarden case list`", reference=reference)
    )


def frozen(row: CaseRow, accounts: Collection[str] | None = None) -> Case:
    """Give a case.

    Args:
        row: of the case.
        accounts: those concerned that are wanted; None: all.
    """
    rows = row.accounts.order_by("account")
    if accounts is None:
        states = dict(rows.values_list("account", "state"))
    else:
        states = {}
        for some in chunks(accounts):
            states |= dict(rows.filter(account__in=some).values_list("account", "state"))
    return Case(
        reference=row.reference,
        kind=Kind(row.kind),
        title=row.title,
        organisations=tuple(row.organisations),
        opened=row.opened,
        stage=Stage(row.stage),
        severity=Severity(row.severity) if row.severity else None,
        lead=row.lead,
        times=Times(*(getattr(row, name) for name in Times._fields)),
        parties=tuple(Party(name, cause, Confidence(sure)) for name, cause, sure in row.parties),
        tasks=tuple(map(_task, sorted(row.tasks.all(), key=lambda one: one.number))),
        merged_into=row.merged_into_id,
        split_from=row.split_from_id,
        accounts={account: State(state) for account, state in states.items()},
    )


def decided(outcome: _T | Refusal) -> _T:
    """Give what the rules decided; raise `Refused`."""
    if isinstance(outcome, Refusal):
        raise Refused(outcome)
    return outcome


def save(desk: Desk, before: Case, after: Case, deed: Deed, now: Moment) -> None:
    """Write what differs between a case and itself, each account with its step and its entry."""
    if replace(before, accounts={}) != replace(after, accounts={}):
        write(after, before)
    changed = {
        account: state
        for account, state in after.accounts.items()
        if before.accounts.get(account) is not state
    }
    _move(desk, after.reference, changed, before.accounts, deed, now)
    record(desk, after.reference, deed, now)
    acts = [
        Entry(
            f"account.{state}",
            deed.actor.name,
            deed.text,
            case=after.reference,
            person=account,
            detail={"before": before.accounts.get(account), "state": state},
        )
        for account, state in changed.items()
    ]
    desk.ledger.append(acts, now)


def write(case: Case, before: Case | None = None) -> None:
    """Write what a case says of itself, and those of its tasks that are not as before."""
    CaseRow.objects.update_or_create(
        reference=case.reference,
        defaults={
            "kind": case.kind,
            "title": case.title,
            "organisations": list(case.organisations),
            "opened": case.opened,
            "stage": case.stage,
            "severity": case.severity,
            "lead": case.lead,
            **case.times._asdict(),
            "parties": [list(party) for party in case.parties],
            "merged_into_id": case.merged_into,
            "split_from_id": case.split_from,
        },
    )
    known = before.tasks if before is not None else ()
    for number, task in enumerate(case.tasks, 1):
        if task in known:
            continue
        TaskRow.objects.update_or_create(
            label=task.label,
            defaults={
                "case_id": case.reference,
                "number": number,
                "work": task.work,
                "text": task.text,
                "done_by": task.done_by,
                "done_at": task.done_at,
            },
        )


def record(desk: Desk, reference: str, deed: Deed, now: Moment) -> None:
    """Write a deed into the timeline and the ledger."""
    EntryRow.objects.create(
        case_id=reference,
        at=deed.at,
        written=now,
        actor=deed.actor.name,
        act=deed.act,
        account=deed.account,
        text=deed.text,
        values=dict(deed.values),
        evidence=list(deed.evidence),
    )
    detail = dict(deed.values)
    if deed.evidence:
        detail["evidence"] = list(deed.evidence)
    if deed.at != now:
        detail["at"] = rfc3339(deed.at)
    entry = Entry(
        deed.act,
        deed.actor.name,
        deed.text,
        case=reference,
        person=deed.account or None,
        detail=detail,
    )
    desk.ledger.append([entry], now)


def chunks(items: Iterable[_T]) -> Iterator[list[_T]]:
    """Give items in lists short enough for one statement."""
    rest = iter(items)
    while some := list(islice(rest, _CHUNK)):
        yield some


def _move(
    desk: Desk,
    reference: str,
    states: Mapping[str, State],
    before: Mapping[str, State],
    deed: Deed,
    now: Moment,
) -> None:
    new = [
        AccountRow(
            case_id=reference,
            account=account,
            organisation=desk.organisation_of(account),
            state=state,
        )
        for account, state in states.items()
        if account not in before
    ]
    AccountRow.objects.bulk_create(new, batch_size=_CHUNK)
    for some in chunks(states):
        rows = AccountRow.objects.filter(case_id=reference, account__in=some)
        numbers = dict(rows.values_list("account", "pk"))
        for state in {states[account] for account in some if account in before}:
            moved = [numbers[account] for account in some if states[account] is state]
            AccountRow.objects.filter(pk__in=moved).update(state=state)
        StepRow.objects.bulk_create(
            StepRow(
                account_id=numbers[account],
                at=now,
                actor=deed.actor.name,
                state=states[account],
                why=deed.text,
            )
            for account in some
        )


def _task(row: TaskRow) -> Task:
    work = Work(row.work) if row.work else None
    return Task(row.label, work, row.text, row.done_by, row.done_at)
