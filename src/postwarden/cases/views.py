"""Cases as they are shown: frozen, and only what concerns the organisations of who asks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from postwarden.cases.clearing import Look
from postwarden.cases.desk import SYSTEM, Actor, Desk, may_for_one, seen
from postwarden.cases.errors import NoSuchCase
from postwarden.cases.hiding import entries_seen, hidden, parted
from postwarden.cases.keeping import found, frozen
from postwarden.cases.models import CaseRow, EntryRow, FindingRow, LookRow, ReportRow, TaskRow
from postwarden.cases.values import Case, State
from postwarden.cases.withheld import withheld
from postwarden.people.service import Permission
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment, said


class Step(NamedTuple):
    """One state that an account came to."""

    at: Moment
    actor: str
    state: State
    why: str


class Concerned(NamedTuple):
    """An account concerned, with how it came to its state."""

    account: str
    organisation: str
    state: State
    steps: tuple[Step, ...]


class ToldReport(NamedTuple):
    """What a customer told; `label` names it for ever, such as "2026-0001/R1"."""

    label: str
    account: str
    organisation: str
    received: Moment
    actor: str
    message_id: str | None
    date: Moment | None
    sender: str | None


class FindingStep(NamedTuple):
    """What an examination said of a finding: "new", "changed", "gone" or "back"."""

    at: Moment
    snapshot: str
    what: str
    verdict: str


class KnownFinding(NamedTuple):
    """A finding as last seen; `facts` are those of `verdicts.Finding`, `present` until gone."""

    id: str
    account: str
    organisation: str
    verdict: str
    present: bool
    facts: Mapping[str, Any]
    steps: tuple[FindingStep, ...]


class Seen(NamedTuple):
    """What somebody's examination looked at in one account, and when that was."""

    at: Moment
    actor: str
    look: Look


class TimelineEntry(NamedTuple):
    """A dated entry: when it happened, when it was written, who, what, and by what evidence."""

    at: Moment
    written: Moment
    actor: str
    act: str
    account: str
    text: str
    values: Mapping[str, Any]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """All that is kept of a case.

    Attributes:
        case: what it says of itself.
        merged: references of the cases that became part of it, those of theirs included.
        parts: references of the cases that came out of it.
        examinations: what was looked at in each account, oldest first.
        timeline: by when things happened.
    """

    case: Case
    merged: tuple[str, ...]
    parts: tuple[str, ...]
    accounts: tuple[Concerned, ...]
    reports: tuple[ToldReport, ...]
    findings: tuple[KnownFinding, ...]
    examinations: tuple[Seen, ...]
    timeline: tuple[TimelineEntry, ...]


def every_case(actor: Actor) -> list[Case]:
    """Give the cases that concern the actor's organisations, newest first, without accounts.

    Raises:
        NotAllowed: the actor reads no cases at all.
    """
    there = seen(actor, Permission.CASE_READ)
    may_for_one(actor, Permission.CASE_READ, there or ("",))
    away = hidden(actor)
    rows = CaseRow.objects.exclude(pk__in=away).order_by("-opened", "-reference")
    return [
        parted(frozen(row, ()), away)
        for row in rows
        if there is None or not there.isdisjoint(row.organisations)
    ]


def case_file(actor: Actor, name: str) -> CaseFile:
    """Give a case by its reference, or by the label of a task or report that is in it now.

    Raises:
        NoSuchCase: there is none of that name.
        NotAllowed: it concerns none of the actor's organisations.
    """
    row = found(where(name), actor)
    may_for_one(actor, Permission.CASE_READ, row.organisations)
    return whole(row, seen(actor, Permission.CASE_READ), hidden(actor))


def told_file(desk: Desk, actor: Actor, name: str) -> CaseFile:
    """Give the same for them to read: findings as `withheld` has them."""
    file = case_file(actor, name)
    told = tuple(one._replace(facts=withheld(desk, actor, one.facts)) for one in file.findings)
    return replace(file, findings=told)


def own_words(actor: Actor, reference: str) -> Case:
    """Give what a case said of itself, also where it became part of another. Raises as above."""
    found(reference, actor)
    row = CaseRow.objects.get(pk=reference)
    may_for_one(actor, Permission.CASE_READ, row.organisations)
    return parted(frozen(row, ()), hidden(actor))


def where(name: str) -> str:
    """Give the reference of the case that a label is in now; a reference stays itself."""
    if "/" not in name:
        return name
    for model in (TaskRow, ReportRow):
        row = model.objects.filter(pk=name).first()
        if row is not None:
            return str(row.case_id)
    raise NoSuchCase(said("{name}: there is no such task or report", name=name))


def references(reference: str) -> tuple[str, ...]:
    """Give the reference that a case goes on by, and all that lead to it."""
    return _leading(found(reference, SYSTEM))


def whole(
    row: CaseRow, organisations: frozenset[str] | None, away: Collection[str] = ()
) -> CaseFile:
    """Give a case with what concerns these organisations, None: all of them, and nothing of cases `away`."""
    accounts = _accounts(row, organisations)
    states = {one.account: one.state for one in accounts}
    return CaseFile(
        case=replace(parted(frozen(row, ()), away), accounts=states),
        merged=_leading(row)[1:],
        parts=tuple(sorted({*row.parts.values_list("reference", flat=True)} - {*away})),
        accounts=accounts,
        reports=tuple(one for one in _reports(row) if _within(one.organisation, organisations)),
        findings=tuple(one for one in _findings(row) if _within(one.organisation, organisations)),
        examinations=tuple(one for one in _looks(row) if one.look.account in states),
        timeline=tuple(
            entry
            for entry in _timeline(row, away)
            if organisations is None or not entry.account or entry.account in states
        ),
    )


def _leading(row: CaseRow) -> tuple[str, ...]:
    names = [row.reference]
    for other in _MERGED(row.reference):
        names += _leading(other)
    return tuple(names)


_MERGED = Prepared(lambda into: CaseRow.objects.filter(merged_into=into).order_by("reference"))


def _within(organisation: str, organisations: Collection[str] | None) -> bool:
    return organisations is None or organisation in organisations


def _accounts(row: CaseRow, organisations: frozenset[str] | None) -> tuple[Concerned, ...]:
    rows = row.accounts.order_by("account").prefetch_related("steps")
    return tuple(
        Concerned(
            one.account,
            one.organisation,
            State(one.state),
            tuple(
                Step(step.at, step.actor, State(step.state), step.why)
                for step in sorted(one.steps.all(), key=lambda step: (step.at, step.pk))
            ),
        )
        for one in rows
        if _within(one.organisation, organisations)
    )


def _reports(row: CaseRow) -> list[ToldReport]:
    return [told_of(one) for one in row.reports.order_by("received", "label")]


def told_of(row: ReportRow) -> ToldReport:
    """Give what a row says that a customer told."""
    return ToldReport(*(getattr(row, name) for name in ToldReport._fields))


def _findings(row: CaseRow) -> list[KnownFinding]:
    rows = row.findings.order_by("account", "finding").prefetch_related("steps")
    return [
        known_of(
            one,
            tuple(
                FindingStep(step.at, step.snapshot, step.what, step.verdict)
                for step in sorted(one.steps.all(), key=lambda step: (step.at, step.pk))
            ),
        )
        for one in rows
    ]


def known_of(row: FindingRow, steps: tuple[FindingStep, ...] = ()) -> KnownFinding:
    """Give what a row says of a finding, with steps where they are wanted."""
    return KnownFinding(
        row.finding, row.account, row.organisation, row.verdict, row.present, row.facts, steps
    )


def _looks(row: CaseRow) -> list[Seen]:
    return [Seen(one.at, one.actor, look_of(one)) for one in row.looks.order_by("at", "pk")]


def look_of(row: LookRow) -> Look:
    """Give what a row says was looked at."""
    return Look(*(getattr(row, name) for name in Look._fields))


def _timeline(row: CaseRow, away: Collection[str]) -> list[TimelineEntry]:
    return [entry_of(one) for one in entries_seen(row.entries.order_by("at", "pk"), away)]


def entry_of(row: EntryRow) -> TimelineEntry:
    """Give what a row of the timeline says."""
    return TimelineEntry(
        row.at,
        row.written,
        row.actor,
        row.act,
        row.account,
        row.text,
        row.values,
        tuple(row.evidence),
    )
