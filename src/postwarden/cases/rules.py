"""What may become of a case (pure)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from postwarden.cases.values import UNTIMED, Case, Party, Severity, Stage, State, Task, Times, Work
from postwarden.vocabulary import Moment


class Code(StrEnum):
    """Why something is not allowed; shells have the sentences."""

    NOT_OPEN = "not-open"
    NOT_CLOSED = "not-closed"
    EMPTY = "empty"
    NOTHING_NEW = "nothing-new"
    FUTURE = "future"
    TIMES = "times-out-of-order"
    NO_TASK = "no-task"
    TASK_DONE = "task-done"
    TASKS_LEFT = "tasks-left"
    NO_ACCOUNT = "no-account"
    NOT_FROM_THERE = "not-from-there"
    ACCOUNTS_LEFT = "accounts-left"
    SAME_CASE = "same-case"
    NO_ORGANISATION = "no-organisation"
    NOTHING_CHOSEN = "nothing-chosen"
    NOT_PART = "not-part"
    OLDER_EVIDENCE = "older-evidence"
    STILL_HELD = "still-held"
    SOMEBODY_HERE = "somebody-here"
    RESTRICTED = "restricted"
    NOT_RESTRICTED = "not-restricted"
    INSIDE_ALREADY = "inside-already"
    NOT_INSIDE = "not-inside"
    LAST_INSIDER = "last-insider"
    NO_REASON = "no-reason"
    OWN_REQUEST = "own-request"
    TIED = "tied"
    NO_REQUEST = "no-request"


class Refusal(NamedTuple):
    """Why something is not allowed, and what it is about (an account, a task; empty: the case)."""

    code: Code
    about: str = ""


_LOOKED_AT = frozenset({State.EXAMINED, State.CLEARED, State.TO_REPAIR, State.REPAIRED})

MOVES: Mapping[State, frozenset[State]] = {
    State.SUSPECTED: frozenset({State.HELD, *_LOOKED_AT, State.EXCLUDED}),
    State.HELD: frozenset({*_LOOKED_AT, State.RELEASED}),
    State.EXAMINED: frozenset({State.HELD, *_LOOKED_AT, State.RELEASED, State.EXCLUDED}),
    State.CLEARED: frozenset({State.HELD, *_LOOKED_AT, State.RELEASED, State.EXCLUDED}),
    State.TO_REPAIR: frozenset({State.HELD, *_LOOKED_AT, State.RELEASED}),
    State.REPAIRED: frozenset({State.HELD, *_LOOKED_AT, State.RELEASED}),
    State.RELEASED: frozenset({State.SUSPECTED, State.HELD}),
    State.EXCLUDED: frozenset({State.SUSPECTED, State.HELD}),
}
"""Where an account may go from each state; staying is always allowed, and changes nothing."""

SETTLED = frozenset({State.RELEASED, State.EXCLUDED})
"""States that a case may be closed with."""

_PRECEDENCE = (
    State.HELD,
    State.SUSPECTED,
    State.TO_REPAIR,
    State.EXAMINED,
    State.REPAIRED,
    State.CLEARED,
    State.RELEASED,
    State.EXCLUDED,
)


@dataclass(frozen=True, slots=True)
class Change:
    """Facts of the case are set; None leaves one as it is, organisations and the party are added."""

    title: str | None = None
    severity: Severity | None = None
    lead: str | None = None
    times: Times = UNTIMED
    organisations: tuple[str, ...] = ()
    party: Party | None = None


class Note(NamedTuple):
    """Somebody notes what happened at a time."""

    at: Moment
    text: str


class AddTask(NamedTuple):
    """Something more is to be done."""

    label: str
    text: str


class FinishTask(NamedTuple):
    """Something was done."""

    label: str
    by: str


class Report(NamedTuple):
    """A customer said that mail in an account is not theirs."""

    account: str
    received: Moment
    organisation: str


class Suspect(NamedTuple):
    """Accounts may be concerned; they are customers of these organisations."""

    accounts: tuple[str, ...]
    organisations: tuple[str, ...]


class Found(NamedTuple):
    """An examination found something wrong in these accounts, or nothing."""

    accounts: tuple[str, ...]
    organisations: tuple[str, ...]


class Move(NamedTuple):
    """Something was done to accounts concerned, or found out about them."""

    accounts: tuple[str, ...]
    to: State


class Close(NamedTuple):
    """Everything is done."""


class Reopen(NamedTuple):
    """Not everything was done after all."""


Event = Change | Note | AddTask | FinishTask | Report | Suspect | Found | Move | Close | Reopen


def decide(case: Case, event: Event, now: Moment) -> Case | Refusal:  # noqa: PLR0911  # one an event
    """Give the case after an event, or why that is not allowed."""
    if isinstance(event, Reopen):
        closed = case.stage is Stage.CLOSED
        return replace(case, stage=Stage.OPEN) if closed else Refusal(Code.NOT_CLOSED)
    if case.stage is not Stage.OPEN:
        return Refusal(Code.NOT_OPEN)
    match event:
        case Change():
            return _changed(case, event, now)
        case Note(at, text):
            return _noted(case, at, text, now)
        case AddTask(label, text):
            added = replace(case, tasks=(*case.tasks, Task(label, None, text)))
            return added if text.strip() else Refusal(Code.EMPTY)
        case FinishTask():
            return _finished(case, event, now)
        case Report():
            return _reported(case, event, now)
        case Suspect(accounts, organisations):
            added = _suspected(case, accounts, organisations)
            return added if accounts else Refusal(Code.NOTHING_CHOSEN)
        case Found(accounts, organisations):
            return _suspected(case, accounts, organisations)
        case Move():
            return _moved(case, event)
        case Close():
            return _closed(case)


def opened(case: Case, now: Moment) -> Case | Refusal:
    """Give a new case with the tasks of its kind; it needs a title and whom it concerns."""
    if not case.title.strip():
        return Refusal(Code.EMPTY)
    if not case.organisations:
        return Refusal(Code.NO_ORGANISATION)
    return _timed(case, case.times, now)


def template(reference: str, works: tuple[Work, ...]) -> tuple[Task, ...]:
    """Give the tasks of a template with their labels."""
    return tuple(
        Task(task_label(reference, number), work, "") for number, work in enumerate(works, 1)
    )


def task_label(reference: str, number: int) -> str:
    """Name a task for ever, by the case it first was in."""
    return f"{reference}/T{number}"


def report_label(reference: str, number: int) -> str:
    """Name a report likewise."""
    return f"{reference}/R{number}"


def weightier(states: Iterable[State]) -> State:
    """Give the state of an account that has several: the one that asks for most."""
    return min(states, key=_PRECEDENCE.index)


def _changed(case: Case, event: Change, now: Moment) -> Case | Refusal:
    if event.title is not None and not event.title.strip():
        return Refusal(Code.EMPTY)
    if event.party is not None and not event.party.name.strip():
        return Refusal(Code.EMPTY)
    parties = case.parties if event.party is None else _with_party(case.parties, event.party)
    after = replace(
        case,
        title=event.title or case.title,
        severity=event.severity or case.severity,
        lead=event.lead or case.lead,
        organisations=tuple(sorted({*case.organisations, *event.organisations})),
        parties=parties,
    )
    result = _timed(after, event.times, now)
    return Refusal(Code.NOTHING_NEW) if result == case else result


def _with_party(parties: tuple[Party, ...], party: Party) -> tuple[Party, ...]:
    """Add a party; for the same name and cause what is said last counts."""
    others = [one for one in parties if (one.name, one.cause) != (party.name, party.cause)]
    return (*others, party)


def _timed(case: Case, given: Times, now: Moment) -> Case | Refusal:
    """Set times; those that are given must fit the others, and be past."""
    if any(time is not None and time > now for time in given):
        return Refusal(Code.FUTURE)
    times = Times(
        *(new if new is not None else old for new, old in zip(given, case.times, strict=True))
    )
    for earlier, later in _ORDER:
        touched = getattr(given, earlier) is not None or getattr(given, later) is not None
        first, second = getattr(times, earlier), getattr(times, later)
        if touched and first is not None and second is not None and first > second:
            return Refusal(Code.TIMES, f"{earlier} {later}")
    return replace(case, times=times)


_ORDER = (
    ("occurred_from", "occurred_to"),
    ("occurred_from", "detected"),
    ("detected", "aware"),
    ("aware", "reported"),
)


def _noted(case: Case, at: Moment, text: str, now: Moment) -> Case | Refusal:
    if not text.strip():
        return Refusal(Code.EMPTY)
    return Refusal(Code.FUTURE) if at > now else case


def _finished(case: Case, event: FinishTask, now: Moment) -> Case | Refusal:
    found = [task for task in case.tasks if task.label == event.label]
    if not found:
        return Refusal(Code.NO_TASK, event.label)
    if found[0].done_at is not None:
        return Refusal(Code.TASK_DONE, event.label)
    done = found[0]._replace(done_by=event.by, done_at=now)
    return replace(case, tasks=tuple(done if one is found[0] else one for one in case.tasks))


def _reported(case: Case, event: Report, now: Moment) -> Case | Refusal:
    """The first report is when it was detected, whoever noticed later."""
    if event.received > now:
        return Refusal(Code.FUTURE)
    known = case.times.detected
    if known is None or event.received < known:
        case = replace(case, times=case.times._replace(detected=event.received))
    return _suspected(case, (event.account,), (event.organisation,))


def _suspected(case: Case, accounts: tuple[str, ...], organisations: tuple[str, ...]) -> Case:
    """Add accounts; of those there already only the settled ones are suspected again."""
    before = case.accounts
    again = {one for one in accounts if before.get(one) is None or before[one] in SETTLED}
    return replace(
        case,
        organisations=tuple(sorted({*case.organisations, *organisations})),
        accounts={**before, **dict.fromkeys(sorted(again), State.SUSPECTED)},
    )


def _moved(case: Case, event: Move) -> Case | Refusal:
    if not event.accounts:
        return Refusal(Code.NOTHING_CHOSEN)
    for account in event.accounts:
        state = case.accounts.get(account)
        if state is None:
            return Refusal(Code.NO_ACCOUNT, account)
        if state is not event.to and event.to not in MOVES[state]:
            return Refusal(Code.NOT_FROM_THERE, f"{account} {state} {event.to}")
    return replace(case, accounts={**case.accounts, **dict.fromkeys(event.accounts, event.to)})


def _closed(case: Case) -> Case | Refusal:
    left = [task.label for task in case.tasks if task.done_at is None]
    if left:
        return Refusal(Code.TASKS_LEFT, left[0])
    unsettled = sorted(one for one, state in case.accounts.items() if state not in SETTLED)
    if unsettled:
        return Refusal(Code.ACCOUNTS_LEFT, unsettled[0])
    return replace(case, stage=Stage.CLOSED)
