"""Opening a case, and what people do in it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from postwarden.cases.desk import SYSTEM, Actor, Desk, may, may_for_one
from postwarden.cases.errors import Refused
from postwarden.cases.keeping import (
    Deed,
    decided,
    found,
    frozen,
    locked,
    next_reference,
    record,
    save,
    write,
)
from postwarden.cases.models import CaseRow
from postwarden.cases.naming import account_of, named
from postwarden.cases.rules import (
    AddTask,
    Change,
    Close,
    Code,
    Event,
    FinishTask,
    Move,
    Note,
    Refusal,
    Reopen,
    Suspect,
    decide,
    opened,
    task_label,
    template,
)
from postwarden.cases.text import kept
from postwarden.cases.values import TEMPLATES, UNTIMED, Case, Kind, State, Times
from postwarden.cases.views import references
from postwarden.people.service import Permission, member
from postwarden.vocabulary import Moment, rfc3339


@dataclass(frozen=True, slots=True)
class Opening:
    """What a case is opened with.

    Attributes:
        kind: what happened.
        title: a line that names it.
        organisations: short names of those concerned; none: the first one of the installation.
        lead: who is in charge.
        times: those known.
    """

    kind: Kind
    title: str
    organisations: tuple[str, ...] = ()
    lead: str | None = None
    times: Times = UNTIMED


def open_case(desk: Desk, actor: Actor, opening: Opening, now: Moment) -> Case:
    """Open a case with the next reference of the year and the tasks of its kind.

    Raises:
        NotAllowed: the actor's roles do not allow it.
        UnknownIdentity: the lead is nobody who works here.
        Refused: the rules do not allow it.
    """
    organisations = opening.organisations or (desk.organisations.every[0].name,)
    _known(desk, organisations)
    may(actor, Permission.CASE_EDIT, organisations)
    _works_here(opening.lead)
    with transaction.atomic():
        reference = next_reference(now)
        works = TEMPLATES[opening.kind]
        case = Case(
            reference=reference,
            kind=opening.kind,
            title=kept(opening.title),
            organisations=tuple(sorted(set(organisations))),
            opened=now,
            lead=opening.lead,
            times=opening.times,
            tasks=template(reference, works),
        )
        after = decided(opened(case, now))
        write(after)
        CaseRow.objects.filter(pk=reference).update(tasks_named=len(works))
        values = {"kind": after.kind, "title": after.title, **_told(after.times)}
        save(desk, after, after, Deed("case.opened", actor, now, values=values), now)
    return after


def change(desk: Desk, actor: Actor, reference: str, event: Change, now: Moment) -> Case:
    """Set facts of a case: lead, severity, times, organisations, a party. Raises as `open_case`."""
    _known(desk, event.organisations)
    may(actor, Permission.CASE_EDIT, event.organisations)
    _works_here(event.lead)
    values = {
        "title": event.title,
        "severity": event.severity,
        "lead": event.lead,
        "organisations": list(event.organisations) or None,
        "party": event.party and event.party._asdict(),
        **_told(event.times),
    }
    told = {name: value for name, value in values.items() if value is not None}
    return _apply(desk, reference, event, Deed("case.changed", actor, now, values=told), now)


def note(  # who, where, when, what, by what evidence, and the clock
    desk: Desk,
    actor: Actor,
    reference: str,
    event: Note,
    evidence: Sequence[str],
    now: Moment,
    account: str = "",
) -> Case:
    """Note what happened; it is dated with when it did. Raises as `open_case`."""
    cited = tuple(kept(one) for one in evidence)
    deed = Deed(
        "case.noted", actor, event.at, account and account_of(account), kept(event.text), {}, cited
    )
    return _apply(desk, reference, event, deed, now)


def add_entry(  # who, where, what, with which facts, and the clock
    desk: Desk, actor: Actor, reference: str, act: str, values: Mapping[str, Any], now: Moment
) -> None:
    """Enter what a later room did into the timeline, in its transaction. Raises `NoSuchCase`."""
    record(desk, locked(reference, SYSTEM).reference, Deed(act, actor, now, values=values), now)


def add_task(desk: Desk, actor: Actor, reference: str, text: str, now: Moment) -> Case:
    """Add something to do. Raises as `open_case`."""
    with transaction.atomic():
        row = locked(reference, actor)
        row.tasks_named += 1
        row.save(update_fields=["tasks_named"])
        label = task_label(row.reference, row.tasks_named)
        deed = Deed("task.added", actor, now, text=kept(text), values={"task": label})
        return _apply(desk, reference, AddTask(label, kept(text)), deed, now)


def finish_task(
    desk: Desk, actor: Actor, reference: str, label: str, why: str, now: Moment
) -> Case:
    """Note that something was done, and how. Raises as `open_case`."""
    deed = Deed("task.done", actor, now, text=kept(why), values={"task": label})
    return _apply(desk, reference, FinishTask(label, actor.name), deed, now)


def suspect(
    desk: Desk, actor: Actor, reference: str, accounts: Sequence[str], why: str, now: Moment
) -> Case:
    """Add accounts that may be concerned; those there already stay as they are. Raises as above."""
    names = named(accounts)
    organisations = tuple(sorted({desk.organisation_of(one) for one in names}))
    may(actor, Permission.CASE_EDIT, organisations)
    values = {"count": len(names)}
    deed = Deed("accounts.suspected", actor, now, text=kept(why), values=values)
    return _apply(desk, reference, Suspect(names, organisations), deed, now, names)


def move(  # who, where, which, whereto, why, and the clock
    desk: Desk,
    actor: Actor,
    reference: str,
    accounts: Sequence[str],
    to: State,
    why: str,
    now: Moment,
) -> Case:
    """Note what was done to accounts concerned; all of them or none.

    For later rooms: in their transaction, so that what was done and what is noted are one.

    Returns:
        The case, with these accounts alone.

    Raises:
        NotAllowed: the actor may not, for one of the accounts' organisations.
        Refused: an account is not of the case, may not go there from where it is, or is held while it
            is to be excluded.
    """
    names = named(accounts)
    may(actor, Permission.CASE_EDIT, {desk.organisation_of(one) for one in names})
    if to is State.EXCLUDED:
        _let_go(desk, reference, names)
    values = {"count": len(names), "state": to}
    deed = Deed("accounts.moved", actor, now, text=kept(why), values=values)
    return _apply(desk, reference, Move(names, to), deed, now, names)


def close(desk: Desk, actor: Actor, reference: str, why: str, now: Moment) -> Case:
    """Close a case in which all is done, and that holds nobody. Raises as `open_case`."""
    may(actor, Permission.CASE_EDIT, found(reference, actor).organisations)
    _let_go(desk, reference, None)
    deed = Deed("case.closed", actor, now, text=kept(why))
    return _apply(desk, reference, Close(), deed, now, None)


def reopen(desk: Desk, actor: Actor, reference: str, why: str, now: Moment) -> Case:
    """Open a closed case again. Raises as `open_case`."""
    return _apply(desk, reference, Reopen(), Deed("case.reopened", actor, now, text=kept(why)), now)


def _let_go(desk: Desk, reference: str, accounts: Collection[str] | None) -> None:
    """Raise `Refused` where the case still binds one of these accounts; None: any."""
    for room in desk.contributions:
        bound = sorted(room.binding(references(reference)))
        for account in bound if accounts is None else sorted(set(bound) & set(accounts)):
            raise Refused(Refusal(Code.STILL_HELD, account))


def _apply(  # as `move`
    desk: Desk,
    reference: str,
    event: Event,
    deed: Deed,
    now: Moment,
    accounts: Sequence[str] | None = (),
) -> Case:
    with transaction.atomic():
        row = locked(reference, deed.actor)
        _allowed(deed.actor, event, row.organisations)
        before = frozen(row, accounts)
        after = decided(decide(before, event, now))
        save(desk, before, after, deed, now)
    return after


def _allowed(actor: Actor, event: Event, organisations: Sequence[str]) -> None:
    """Facts of a case are changed for all it concerns; in its work anyone concerned takes part."""
    if isinstance(event, Change | Close | Reopen):
        may(actor, Permission.CASE_EDIT, organisations)
    else:
        may_for_one(actor, Permission.CASE_EDIT, organisations)


def _known(desk: Desk, organisations: Sequence[str]) -> None:
    there = {one.name for one in desk.organisations.every}
    for name in organisations:
        if name not in there:
            raise Refused(Refusal(Code.NO_ORGANISATION, name))


def _works_here(lead: str | None) -> None:
    if lead is not None:
        member(lead)


def _told(times: Times) -> dict[str, str]:
    return {name: rfc3339(at) for name, at in times._asdict().items() if at is not None}
