"""Carrying out plans that hold and release: in transactions of some hundred acts, each of them whole.

A transaction has the holds, the accounts, the record, the case, the effects to come, and how far the
plan is; so that whoever goes on after a kill goes on behind it, and two at once do each act once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from postwarden.cases import service as cases
from postwarden.custody.service import Act, Mismatch, Plan, Plans, Stage
from postwarden.custody.service import Kind as ActKind
from postwarden.holds.effects import due_effects
from postwarden.holds.keeping import locked_revision, open_holds, open_rows, write_accounts
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
        """
        plan = self.plans.get(hashed)
        if plan.stage is Stage.RUNNING and plan.mismatch is Mismatch.STOP:
            self._stop_where_unfit(plan, clock())
        while self._some(plan, clock()):
            after()
        return outcome(self.plans.get(hashed))

    def _stop_where_unfit(self, plan: Plan, now: Moment) -> None:
        """Stop a plan that has not begun and one of whose acts no longer fits."""
        with transaction.atomic():
            locked_revision()
            place = ProgressRow.objects.filter(plan=plan.hash).values_list("place", flat=True)
            if place.first() or self.plans.get(plan.hash).stage is not Stage.RUNNING:
                return
            unfit = unfitting(plan, plan.acts)
            if unfit:
                account, refusal = unfit[0]
                self.plans.stop(plan.hash, plan.requester, f"{account}: {refusal}", now)

    def _some(self, plan: Plan, now: Moment) -> bool:
        """Carry the next acts out; False when none was left and the plan is at its end."""
        languages = self._languages(plan)
        with transaction.atomic():
            revision = locked_revision()
            if self.plans.get(plan.hash).stage is not Stage.RUNNING:
                return False
            progress, _ = ProgressRow.objects.get_or_create(plan=plan.hash, defaults={"left": []})
            acts = _next(plan, progress.place)
            if not acts:
                self.plans.finish(plan.hash, plan.requester, now)
                return False
            left = self._acts(plan, acts, (revision, languages), now)
            progress.place += len(acts)
            progress.left += left
            progress.save()
            return True

    def _languages(self, plan: Plan) -> Mapping[str, str]:
        """Ask for the languages of those that are next, before the transaction: others may be slow."""
        place = ProgressRow.objects.filter(plan=plan.hash).values_list("place", flat=True).first()
        return self.languages([act.subject for act in _next(plan, place or 0)])

    def _acts(
        self, plan: Plan, acts: Sequence[Act], how: tuple[int, Mapping[str, str]], now: Moment
    ) -> list[tuple[str, Refusal]]:
        before = open_holds([act.subject for act in acts])
        holds, left = dict(before), []
        fitting = []
        for act in acts:
            found = decide(holds[act.subject], event_of(plan, act))
            if isinstance(found, Refusal):
                left.append((act.subject, found))
            else:
                holds[act.subject] = found
                fitting.append(act)
        _write_holds(plan, before, holds, now)
        changed = write_accounts(holds, how[0], self.desk.organisations, how[1])
        entries = [_entry(plan, act) for act in fitting]
        entries += [_left_out(plan, account, refusal) for account, refusal in left]
        self.desk.ledger.append(entries, now)
        self._note_in_case(plan, fitting, now)
        due_effects(plan.hash, changed, now)
        return left

    def _note_in_case(self, plan: Plan, acts: Sequence[Act], now: Moment) -> None:
        """Let the case say what was done to its accounts; a case that cannot takes no hold back."""
        accounts = [act.subject for act in acts if _kind(act) is Kind.LOGIN]
        if not plan.case or not accounts:
            return
        holding = acts[0].kind is ActKind.HOLD
        if self._moved(plan, accounts, holding, now) is None:
            return
        for one in accounts:
            refused = self._moved(plan, [one], holding, now)
            if refused is not None:
                note = Entry("hold.not-in-case", plan.requester, str(refused), plan.case, one)
                self.desk.ledger.append([note], now)

    def _moved(
        self, plan: Plan, accounts: Sequence[str], holding: bool, now: Moment
    ) -> cases.CaseError | None:
        """Move accounts in the case, all or none; give why not."""
        actor, to = cases.System(plan.requester), cases.State.RELEASED
        try:
            with transaction.atomic():
                if holding:
                    to = cases.State.HELD
                    cases.suspect(self.desk, actor, plan.case, accounts, plan.reason, now)
                cases.move(self.desk, actor, plan.case, accounts, to, plan.reason, now)
        except cases.CaseError as error:
            return error
        return None


def _next(plan: Plan, place: int) -> Sequence[Act]:
    return plan.acts[place : place + (BATCH if place else FIRST)]


def outcome(plan: Plan) -> Carried:
    """Tell what became of a plan so far."""
    row = ProgressRow.objects.filter(plan=plan.hash).first()
    if row is None:
        return Carried(0, (), plan.stage)
    left = tuple((account, Refusal(code)) for account, code in row.left)
    return Carried(row.place - len(left), left, plan.stage)


def unfitting(plan: Plan, acts: Sequence[Act]) -> list[tuple[str, Refusal]]:
    """Give the accounts whose acts do not fit now, with why."""
    holds = open_holds([act.subject for act in acts])
    told = ((act.subject, decide(holds[act.subject], event_of(plan, act))) for act in acts)
    return [(account, found) for account, found in told if isinstance(found, Refusal)]


def event_of(plan: Plan, act: Act) -> Event:
    """Give what an act means to the rules."""
    if act.kind is ActKind.RELEASE:
        return Lift(_kind(act), plan.case)
    return Place(Hold(_kind(act), plan.case, Wording(dict(act.details)["wording"])))


def _kind(act: Act) -> Kind:
    return Kind(dict(act.details)["kind"])


def _write_holds(
    plan: Plan, before: Mapping[str, Holds], after: Mapping[str, Holds], now: Moment
) -> None:
    HoldRow.objects.bulk_create(
        HoldRow(
            account=account,
            kind=one.kind,
            case=one.case,
            wording=one.wording,
            plan=plan.hash,
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
        rows = open_rows().filter(account__in=ended, kind=kind, case=plan.case)
        rows.update(ended=now, ended_plan=plan.hash)


def _entry(plan: Plan, act: Act) -> Entry:
    code = "hold.placed" if act.kind is ActKind.HOLD else "hold.released"
    return _about(plan, code, act.subject, dict(act.details))


def _left_out(plan: Plan, account: str, refusal: Refusal) -> Entry:
    return _about(plan, "hold.left-out", account, {"refusal": refusal})


def _about(plan: Plan, code: str, account: str, detail: Mapping[str, str]) -> Entry:
    case = plan.case or None
    return Entry(code, plan.requester, plan.reason, case, account, plan.hash, detail)
