"""Merging and splitting cases as they are kept: rows are moved, none is lost."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from django.db import transaction

from postwarden.cases.desk import Actor, Desk, may
from postwarden.cases.errors import Refused
from postwarden.cases.findings import name_anew
from postwarden.cases.hiding import SPLIT, SPLIT_FROM, restrict_alike
from postwarden.cases.joining import merged, split
from postwarden.cases.keeping import (
    Deed,
    chunks,
    decided,
    found,
    frozen,
    locked,
    next_reference,
    record,
    save,
    write,
)
from postwarden.cases.models import (
    AccountRow,
    CaseRow,
    EntryRow,
    FindingRow,
    FindingStepRow,
    LookRow,
    PersonRow,
    ReportRow,
    StepRow,
)
from postwarden.cases.naming import named
from postwarden.cases.rules import Code, Refusal, template
from postwarden.cases.text import kept as clean
from postwarden.cases.values import TEMPLATES, Case, State
from postwarden.people.service import Permission
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class Choice:
    """What goes to the new case of a split.

    Attributes:
        accounts: with all that is about them.
        reports: by label; their accounts are concerned in both cases then.
        findings: by id; likewise.
    """

    accounts: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()


def merge_cases(desk: Desk, actor: Actor, kept: str, gone: str, why: str, now: Moment) -> Case:
    """Let a case become part of another; its reference leads there from now on.

    Raises:
        NoSuchCase: there is no such case.
        NotAllowed: the actor may not, for an organisation of either.
        Refused: both are the same, or one is restricted or not open.
    """
    with transaction.atomic():
        rows = _both(kept, gone, actor)
        may(actor, Permission.CASE_EDIT, {one for row in rows for one in row.organisations})
        target, source = rows
        before, other = frozen(target), frozen(source)
        both, ended = decided(merged(before, other))
        _move_all(source, target)
        write(ended, other)
        for room in desk.contributions:
            room.merge(target.reference, source.reference, now)
        left = Deed("case.merged-into", actor, now, values={"case": target.reference})
        record(desk, source.reference, left, now)
        joined = replace(before, accounts={**other.accounts, **before.accounts})
        deed = Deed("case.merged", actor, now, text=clean(why), values={"case": source.reference})
        save(desk, joined, both, deed, now)
    return both


def split_case(  # who, which, what goes, whereto, why, and the clock
    desk: Desk, actor: Actor, reference: str, choice: Choice, title: str, why: str, now: Moment
) -> Case:
    """Let chosen accounts, reports and findings become a case of their own, with their history.

    What comes out of a restricted case is restricted to the same people.

    Returns:
        The new case, with its accounts.

    Raises:
        NoSuchCase: there is no such case.
        NotAllowed: the actor may not, for an organisation of the case.
        Refused: nothing is chosen, something is not of the case, or it is not open.
    """
    going = named(choice.accounts)
    with transaction.atomic():
        row = locked(reference, actor)
        may(actor, Permission.CASE_EDIT, row.organisations)
        case = frozen(row)
        both = _of_both(row, choice, going) & case.accounts.keys()
        new = decided(split(case, next_reference(now), clean(title), sorted({*going, *both})))
        again = dict.fromkeys(both, State.SUSPECTED)  # whatever was done about them stays behind
        new = replace(new, accounts={**new.accounts, **again})
        tasks = template(new.reference, TEMPLATES[new.kind])
        write(replace(new, tasks=tasks))
        target = CaseRow.objects.get(pk=new.reference)
        CaseRow.objects.filter(pk=new.reference).update(tasks_named=len(tasks))
        restrict_alike(row, target)
        _move_about(row, target, going)
        _move_single(row, target, choice)
        for room in desk.contributions:
            room.split(row.reference, new.reference, going, now)
        parted = Deed(SPLIT, actor, now, text=clean(why), values={"case": new.reference})
        record(desk, row.reference, parted, now)
        deed = Deed(SPLIT_FROM, actor, now, text=clean(why), values={"case": row.reference})
        there = replace(new, accounts={one: new.accounts[one] for one in going})
        save(desk, there, new, deed, now)
    return replace(new, tasks=tasks)


def _both(kept: str, gone: str, actor: Actor) -> tuple[CaseRow, CaseRow]:
    """Lock both, in one order whoever asks; of restricted ones nobody knows whom to tell of the other."""
    names = [found(kept, actor).reference, found(gone, actor).reference]
    rows = {name: locked(name, actor) for name in sorted(names)}
    for name, row in rows.items():
        if row.restricted:
            raise Refused(Refusal(Code.RESTRICTED, name))
    return rows[names[0]], rows[names[1]]


def _move_all(source: CaseRow, target: CaseRow) -> None:
    for model in (EntryRow, LookRow, ReportRow):
        model.objects.filter(case=source).update(case=target)
    _join_accounts(source, target)
    _join_findings(source, target)
    there = target.persons.values_list("account", flat=True)
    source.persons.filter(account__in=list(there)).delete()
    source.persons.update(case=target)


def _join_accounts(source: CaseRow, target: CaseRow) -> None:
    """Move accounts; of one that both have the steps are joined."""
    there = {one.account: one for one in target.accounts.all()}
    for row in source.accounts.filter(account__in=list(there)):
        StepRow.objects.filter(account=row).update(account=there[row.account])
        row.delete()
    source.accounts.update(case=target)


def _join_findings(source: CaseRow, target: CaseRow) -> None:
    """Move findings; of one that both have the steps are joined, and the fresher facts stand."""
    there = {one.finding: one for one in target.findings.prefetch_related("steps")}
    for row in source.findings.filter(finding__in=list(there)).prefetch_related("steps"):
        other = there[row.finding]
        if _last(row) > _last(other):
            other.verdict, other.present, other.facts = row.verdict, row.present, row.facts
            other.save()
            name_anew([other])
        FindingStepRow.objects.filter(finding=row).update(finding=other)
        row.delete()
    source.findings.update(case=target)


def _last(row: FindingRow) -> Moment:
    return max(step.at for step in row.steps.all())


def _of_both(row: CaseRow, choice: Choice, going: Collection[str]) -> set[str]:
    """Give the accounts of single reports and findings that are chosen; raise `Refused`."""
    reports = dict(row.reports.values_list("label", "account"))
    findings = dict(row.findings.values_list("finding", "account"))
    for there, chosen in ((reports, choice.reports), (findings, choice.findings)):
        for name in chosen:
            if name not in there:
                raise Refused(Refusal(Code.NOT_PART, name))
    accounts = [reports[one] for one in choice.reports]
    accounts += [findings[one] for one in choice.findings]
    return set(accounts) - set(going)


def _move_about(row: CaseRow, target: CaseRow, accounts: Iterable[str]) -> None:
    """Move all that is about these accounts."""
    for some in chunks(accounts):
        for model in (AccountRow, ReportRow, FindingRow, LookRow, PersonRow, EntryRow):
            model.objects.filter(case=row, account__in=some).update(case=target)


def _move_single(row: CaseRow, target: CaseRow, choice: Choice) -> None:
    """Move single reports with what was noted when they came, and single findings."""
    for label in choice.reports:
        ReportRow.objects.filter(case=row, label=label).update(case=target)
        EntryRow.objects.filter(case=row, act="report.received", values__report=label).update(
            case=target
        )
    for some in chunks(choice.findings):
        FindingRow.objects.filter(case=row, finding__in=some).update(case=target)
