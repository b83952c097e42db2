"""What becomes of two cases that are merged, and of one that is split (pure)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from postwarden.cases.rules import Code, Refusal, weightier
from postwarden.cases.values import Case, Confidence, Party, Severity, Stage, State, Task, Times
from postwarden.vocabulary import Moment

_SURE = tuple(Confidence)
_GRAVE = tuple(Severity)


def merged(kept: Case, gone: Case) -> tuple[Case, Case] | Refusal:
    """Let a case become part of another.

    Args:
        kept: goes on.
        gone: ends here, and leads to the other one; what it said of itself stays with it.

    Returns:
        Both as they are afterwards, or why that is not allowed. The accounts of the kept one are
        those of both; of one that both have, the state that asks for more.
    """
    if kept.reference == gone.reference:
        return Refusal(Code.SAME_CASE)
    for case in (kept, gone):
        if case.stage is not Stage.OPEN:
            return Refusal(Code.NOT_OPEN, case.reference)
    both = replace(
        kept,
        severity=_graver(kept.severity, gone.severity),
        lead=kept.lead or gone.lead,
        organisations=tuple(sorted({*kept.organisations, *gone.organisations})),
        parties=_parties(kept.parties, gone.parties),
        times=_times(kept.times, gone.times),
        tasks=(*kept.tasks, *moving(kept, gone)),
        accounts=_accounts(kept.accounts, gone.accounts),
    )
    staying = tuple(task for task in gone.tasks if task not in moving(kept, gone))
    ended = replace(
        gone, stage=Stage.MERGED, merged_into=kept.reference, tasks=staying, accounts={}
    )
    return both, ended


def moving(kept: Case, gone: Case) -> tuple[Task, ...]:
    """Give the tasks that go along: not those still open that the kept case has of its own."""
    there = {task.work for task in kept.tasks if task.work is not None}
    return tuple(task for task in gone.tasks if task.done_at is not None or task.work not in there)


def split(case: Case, reference: str, title: str, accounts: Collection[str]) -> Case | Refusal:
    """Give the new case of a split; it says of itself what the old one says, but has no tasks.

    Args:
        case: the old one, with the accounts that the new one has.
        reference: of the new one.
        title: likewise.
        accounts: those it has, in the state they are in.
    """
    if case.stage is not Stage.OPEN:
        return Refusal(Code.NOT_OPEN)
    if not title.strip():
        return Refusal(Code.EMPTY)
    if not accounts:
        return Refusal(Code.NOTHING_CHOSEN)
    for account in accounts:
        if account not in case.accounts:
            return Refusal(Code.NO_ACCOUNT, account)
    return replace(
        case,
        reference=reference,
        title=title,
        split_from=case.reference,
        tasks=(),
        accounts={account: case.accounts[account] for account in accounts},
    )


def _graver(one: Severity | None, other: Severity | None) -> Severity | None:
    said = [severity for severity in (one, other) if severity is not None]
    return max(said, key=_GRAVE.index, default=None)


def _parties(kept: tuple[Party, ...], gone: tuple[Party, ...]) -> tuple[Party, ...]:
    """Join them; of the same name and cause the surer one stands."""
    found = {(party.name, party.cause): party for party in kept}
    for party in gone:
        place = party.name, party.cause
        there = found.setdefault(place, party)
        if _SURE.index(party.confidence) < _SURE.index(there.confidence):
            found[place] = party
    return tuple(found.values())


def _times(kept: Times, gone: Times) -> Times:
    """Take the earliest of each, and the latest end; begin and end are known only where both are."""
    return Times(
        occurred_from=_both(min, kept.occurred_from, gone.occurred_from),
        occurred_to=_both(max, kept.occurred_to, gone.occurred_to),
        detected=_earliest(kept.detected, gone.detected),
        aware=_earliest(kept.aware, gone.aware),
        reported=_earliest(kept.reported, gone.reported),
    )


def _both(
    choose: Callable[[Moment, Moment], Moment], one: Moment | None, other: Moment | None
) -> Moment | None:
    return None if one is None or other is None else choose(one, other)


def _earliest(*times: Moment | None) -> Moment | None:
    return min([time for time in times if time is not None], default=None)


def _accounts(kept: Mapping[str, State], gone: Mapping[str, State]) -> dict[str, State]:
    return {
        account: weightier([case[account] for case in (kept, gone) if account in case])
        for account in sorted({*kept, *gone})
    }
