"""Carrying out plans that hold and release: in transactions of some hundred acts, each of them whole.

A transaction has the holds, the accounts, the record, the case, the effects to come, and how far the
plan is; so that whoever goes on after a kill goes on behind it, and two at once do each act once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from django.db import transaction

from postwarden.cases import service as cases
from postwarden.custody.service import Act, Mismatch, Plan, Plans, Stage
from postwarden.custody.service import Kind as ActKind
from postwarden.holds.effects import due_effects
from postwarden.holds.keeping import (
    held_since,
    locked_revision,
    open_holds,
    open_rows,
    write_accounts,
)
from postwarden.holds.models import HoldRow, ProgressRow
from postwarden.holds.ports import Languages
from postwarden.holds.rules import (
    Event,
    Hold,
    Holds,
    Kind,
    Lift,
    Place,
    Refusal,
    Wording,
    decide,
)
from postwarden.ledger.service import Entry
from postwarden.vocabulary import Moment

HOLD = "hold"  # in the details of a release: the plan whose hold it ends, and no later one
FIRST = 100  # acts of the first transaction: those are refused soonest
BATCH = 500


@dataclass(frozen=True, slots=True)
class Carried:
    """What became of a plan.

    Attributes:
        done: acts carried out.
        left: accounts left out with why, for they no longer fitted.
        stage: of the plan.
    """

    done: int
    left: tuple[tuple[str, Refusal], ...]
    stage: Stage


class Task(NamedTuple):
    """What of a plan is asked for again and again; a plan computes its hash each time.

    `case` is the one that the plan's has become part of by now.
    """

    hash: str
    case: str
    requester: str
    reason: str
    acts: Sequence[Act]
    mismatch: Mismatch


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries plans out."""

    desk: cases.Desk
    plans: Plans
    languages: Languages

    def carry(self, hashed: str, clock: Callable[[], Moment], after: Callable[[], None]) -> Carried:
        """Carry a running plan out, from where it is to its end.

        Args:
            hashed: of the plan.
            clock: gives the present.
            after: called when a transaction was committed.

        Raises:
            Refused: something of the plan is not as it was frozen and signed; nothing was done.
        """
        plan = self.plans.sound(hashed)
        task = Task(hashed, plan.case, plan.requester, plan.reason, plan.acts, plan.mismatch)
        if plan.stage is Stage.RUNNING and plan.mismatch is Mismatch.STOP:
            self._stop_where_unfit(task, clock())
        while self._some(task, clock()):
            after()
        return outcome(self.plans.get(hashed))

    def _stop_where_unfit(self, task: Task, now: Moment) -> None:
        """Stop a plan that has not begun and one of whose acts no longer fits."""
        with transaction.atomic():
            task, _ = _locked(task)
            place = ProgressRow.objects.filter(plan=task.hash).values_list("place", flat=True)
            if place.first() or self.plans.stage(task.hash) is not Stage.RUNNING:
                return
            self._stopped(task, unfitting(task.case, task.acts), now)

    def _stopped(self, task: Task, unfit: Sequence[tuple[str, Refusal]], now: Moment) -> bool:
        """Stop a plan where something of it does not fit; tell whether it was."""
        if not unfit:
            return False
        account, refusal = unfit[0]
        self.plans.stop(task.hash, task.requester, f"{account}: {refusal}", now)
        return True

    def _some(self, task: Task, now: Moment) -> bool:
        """Carry the next acts out; False when none was left and the plan is at its end."""
        languages = self._languages(task)
        with transaction.atomic():
            task, revision = _locked(task)
            if self.plans.stage(task.hash) is not Stage.RUNNING:
                return False
            progress, _ = ProgressRow.objects.get_or_create(plan=task.hash, defaults={"left": []})
            acts = _next(task, progress.place)
            if not acts:
                self.plans.finish(task.hash, task.requester, now)
                return False
            stops = task.mismatch is Mismatch.STOP
            if stops and self._stopped(task, unfitting(task.case, acts), now):
                return False
            left = self._acts(task, acts, (revision, languages), now)
            progress.place += len(acts)
            progress.left += left
            progress.save()
            return True

    def _languages(self, task: Task) -> Mapping[str, str]:
        """Ask for the languages of those that are next, before the transaction: others may be slow."""
        place = ProgressRow.objects.filter(plan=task.hash).values_list("place", flat=True).first()
        return self.languages([act.subject for act in _next(task, place or 0)])

    def _acts(
        self, task: Task, acts: Sequence[Act], how: tuple[int, Mapping[str, str]], now: Moment
    ) -> list[tuple[str, Refusal]]:
        before = open_holds([act.subject for act in acts])
        holds, left = dict(before), []
        fitting = []
        for act, event in zip(acts, events(task.case, acts), strict=True):
            found = decide(holds[act.subject], event)
            if isinstance(found, Refusal):
                left.append((act.subject, found))
            else:
                holds[act.subject] = found
                fitting.append(act)
        _write_holds(task, before, holds, now)
        changed = write_accounts(holds, how[0], self.desk.organisations, how[1])
        entries = [_entry(task, act) for act in fitting]
        entries += [_left_out(task, account, refusal) for account, refusal in left]
        self.desk.ledger.append(entries, now)
        self._note_in_case(task, fitting, now)
        due_effects(task.hash, changed, now)
        return left

    def _note_in_case(self, task: Task, acts: Sequence[Act], now: Moment) -> None:
        """Let the case say what was done to its accounts; a case that cannot takes no hold back."""
        accounts = [act.subject for act in acts if _kind(act) is Kind.LOGIN]
        if not task.case or not accounts:
            return
        holding = acts[0].kind is ActKind.HOLD
        if self._moved(task, accounts, holding, now) is None:
            return
        for one in accounts:
            refused = self._moved(task, [one], holding, now)
            if refused is not None:
                note = Entry("hold.not-in-case", task.requester, str(refused), task.case, one)
                self.desk.ledger.append([note], now)

    def _moved(
        self, task: Task, accounts: Sequence[str], holding: bool, now: Moment
    ) -> cases.CaseError | None:
        """Move accounts in the case, all or none; give why not."""
        actor, to = cases.System(task.requester), cases.State.RELEASED
        try:
            with transaction.atomic():
                if holding:
                    to = cases.State.HELD
                    cases.suspect(self.desk, actor, task.case, accounts, task.reason, now)
                cases.move(self.desk, actor, task.case, accounts, to, task.reason, now)
        except cases.CaseError as error:
            return error
        return None


def _locked(task: Task) -> tuple[Task, int]:
    """Lock what a plan changes, the case before the holds as a merge does; give the case's name now."""
    if task.case:
        with suppress(cases.NoSuchCase):  # each hold then has its entry, that it is in no case
            task = task._replace(case=cases.lock(task.case))
    return task, locked_revision()


def _next(task: Task, place: int) -> Sequence[Act]:
    return task.acts[place : place + (BATCH if place else FIRST)]


def outcome(plan: Plan) -> Carried:
    """Tell what became of a plan so far."""
    row = ProgressRow.objects.filter(plan=plan.hash).first()
    if row is None:
        return Carried(0, (), plan.stage)
    left = tuple((account, Refusal(code)) for account, code in row.left)
    return Carried(row.place - len(left), left, plan.stage)


def unfitting(case: str, acts: Sequence[Act]) -> list[tuple[str, Refusal]]:
    """Give the accounts whose acts do not fit now, with why."""
    holds = open_holds([act.subject for act in acts])
    told = (
        (act.subject, decide(holds[act.subject], event))
        for act, event in zip(acts, events(case, acts), strict=True)
    )
    return [(account, found) for account, found in told if isinstance(found, Refusal)]


def events(case: str, acts: Sequence[Act]) -> list[Event]:
    """Give what acts mean to the rules; what would prove an account clean is looked up now."""
    doubts = _doubts(case, [act.subject for act in acts if act.kind is ActKind.RELEASE_PROVEN])
    return [_event(case, act, doubts) for act in acts]


def _doubts(case: str, accounts: Sequence[str]) -> Mapping[str, Refusal]:
    if not accounts:
        return {}
    if not case:
        return dict.fromkeys(accounts, Refusal.NOT_CLEARED)
    since = held_since(case, accounts)
    told = {one: Refusal(doubt.value) for one, doubt in cases.doubts(case, since).items()}
    return {one: Refusal.SESSIONS_OPEN for one in accounts if one not in since} | told


def _event(case: str, act: Act, doubts: Mapping[str, Refusal]) -> Event:
    if act.kind is ActKind.HOLD:
        return _placing(case, act.details)
    details = dict(act.details)
    return Lift(_kind(act), case, doubts.get(act.subject), details.get(HOLD, ""))


@lru_cache(16)
def _placing(case: str, details: tuple[tuple[str, str], ...]) -> Place:
    """Give what placing a hold means; the acts of a plan say the same of it."""
    told = dict(details)
    return Place(Hold(Kind(told["kind"]), case, Wording(told["wording"])))


def _kind(act: Act) -> Kind:
    return Kind(dict(act.details)["kind"])


def _write_holds(
    task: Task, before: Mapping[str, Holds], after: Mapping[str, Holds], now: Moment
) -> None:
    HoldRow.objects.bulk_create(
        HoldRow(
            account=account,
            kind=one.kind,
            case=one.case,
            wording=one.wording,
            plan=task.hash,
            since=now,
        )
        for account, holds in after.items()
        for one in holds - before[account]
    )
    for kind in Kind:
        ended = [
            account
            for account, holds in before.items()
            if any(one.kind is kind for one in holds - after[account])
        ]
        rows = open_rows().filter(account__in=ended, kind=kind, case=task.case)
        rows.update(ended=now, ended_plan=task.hash)


def _entry(task: Task, act: Act) -> Entry:
    code = "hold.placed" if act.kind is ActKind.HOLD else "hold.released"
    return _about(task, code, act.subject, dict(act.details))


def _left_out(task: Task, account: str, refusal: Refusal) -> Entry:
    return _about(task, "hold.left-out", account, {"refusal": refusal})


def _about(task: Task, code: str, account: str, detail: Mapping[str, str]) -> Entry:
    case = task.case or None
    return Entry(code, task.requester, task.reason, case, account, task.hash, detail)
