"""Holding and releasing: plans frozen for accounts, and what is held."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db import transaction

from postwarden.cases.service import Actor, Desk, hidden, known_to
from postwarden.custody.service import Act, Mismatch, Plan, Plans, Stage
from postwarden.custody.service import Kind as ActKind
from postwarden.holds.carrying import HOLD, Carried, Carrier, outcome, unfitting
from postwarden.holds.effects import EFFECTS, LEFT, OWN_TURN, due_plan, due_reminder
from postwarden.holds.errors import NothingToDo
from postwarden.holds.keeping import Held, Told, cases_of, chunks, open_rows, preserved, shown
from postwarden.holds.late import refused_late
from postwarden.holds.models import AccountRow
from postwarden.holds.ports import Languages
from postwarden.holds.projection import Projection
from postwarden.holds.rules import Kind, Refusal, Wording, is_name
from postwarden.holds.settings import REMIND_HOURS
from postwarden.people.service import Member, Permission
from postwarden.state import outbox
from postwarden.state.outbox import Effect
from postwarden.vocabulary import Moment, normal, said

_HOUR = 3_600_000_000
KINDS = frozenset({ActKind.HOLD, ActKind.RELEASE, ActKind.RELEASE_PROVEN})
"""The acts that this room carries out."""
Details = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which accounts are to be held or released, and why.

    Attributes:
        accounts: in any notation.
        case: reference; "" for none.
        reason: for the record.
        kind: of hold.
        wording: what holders are told; of no matter to a release.
        mismatch: what becomes of a release when some act no longer fits.
    """

    accounts: tuple[str, ...]
    case: str
    reason: str
    kind: Kind = Kind.LOGIN
    wording: Wording = Wording.EXAMINATION
    mismatch: Mismatch = Mismatch.LEAVE_OUT


@dataclass(frozen=True, slots=True)
class Planned:
    """A frozen plan, and the accounts that are not in it with why."""

    plan: Plan
    left: tuple[tuple[str, Refusal], ...]


class Pending(NamedTuple):
    """A step that the worker has still to take, how often it tried, and what kept it from it.

    `accounts` are those that failed while others did not; where all did, none is named.
    """

    kind: str
    tries: int
    trouble: str
    accounts: tuple[str, ...] = ()


class HoldDesk:
    """The holds of an installation, with the projection of this host."""

    def __init__(
        self,
        desk: Desk,
        folder: str,
        languages: Languages,
        remind_hours: int = REMIND_HOURS,
        *,
        carries: bool = True,
    ) -> None:
        """Bind them.

        Args:
            desk: of the cases.
            folder: of this host's projection.
            languages: of the holders.
            remind_hours: until holds that last are recalled.
            carries: whoever begins a plan carries it out, and the worker only what is left of it after
                some seconds; else the worker does at once.
        """
        self.desk = desk
        self._own_turn = OWN_TURN if carries else 0
        self.remind_after = remind_hours * _HOUR
        self.plans = Plans(desk.ledger, desk.organisation_of)
        self.projection = Projection(folder, Told())
        self._carrier = Carrier(desk, self.plans, languages)

    def drafted(self, wish: Wish, kind: ActKind, who: Actor, now: Moment) -> Planned:
        """Give the plan that `hold`, `release` or `release_proven` would freeze now; nothing is kept.

        Raises as these.
        """
        if wish.case:
            known_to(who, wish.case)
        holding = kind is ActKind.HOLD
        self._may(wish, who, Permission.HOLD_REQUEST if holding else Permission.PLAN_REQUEST)
        details = _placing(wish) if holding else self._ending(wish)
        return self._plan(wish, kind, details, who, now)

    def hold(self, wish: Wish, who: Member, now: Moment) -> Planned:
        """Freeze a plan that holds accounts, and begin it; it is approved after.

        Promise: from here on it is carried out, by `carry` or else by the worker.

        Raises:
            NotAllowed: the roles do not allow it, for one of the accounts' organisations.
            NoSuchCase: it is restricted to others.
            NothingToDo: all of them are held already.
        """
        planned = self.drafted(wish, ActKind.HOLD, who, now)
        with transaction.atomic():
            self.plans.freeze(planned.plan, now)
            self._begin(planned.plan, who, now)
            due_reminder(planned.plan.hash, now + self.remind_after)
        return planned

    def release_proven(self, wish: Wish, who: Actor, now: Moment) -> Planned:
        """Freeze a plan that ends login holds of accounts proven clean, and begin it; as `hold`.

        The proof is the last examination on the case: of all mail since the fault began, read after it
        had ended and after the account was held, with nothing in it that is wrong or unexplained, and
        no report of the holder's. It is looked up once more when the plan is carried out.

        Raises:
            NotAllowed: the roles do not allow it, for one of the accounts' organisations.
            NoSuchCase: it is restricted to others.
            NothingToDo: none of them is proven clean.
        """
        planned = self.drafted(wish, ActKind.RELEASE_PROVEN, who, now)
        with transaction.atomic():
            self.plans.freeze(planned.plan, now)
            self._begin(planned.plan, who, now)
        return planned

    def release(self, wish: Wish, who: Member, now: Moment) -> Planned:
        """Freeze a plan that releases accounts; it waits for somebody else's approval.

        Raises:
            NotAllowed: the roles do not allow it, for one of the accounts' organisations.
            NoSuchCase: it is restricted to others.
            NothingToDo: the case holds none of them.
        """
        planned = self.drafted(wish, ActKind.RELEASE, who, now)
        self.plans.freeze(planned.plan, now)
        return planned

    def approve(
        self, start: str, who: Member, expires: Moment, signature: str, now: Moment
    ) -> Plan:
        """Count somebody's signed approval, and begin a plan of holds with the last one it waits for.

        Promise: both or neither; a plan that has begun (stage RUNNING) is carried out as `hold`'s is.
        Takes and raises what `Plans.approve` does.
        """
        with transaction.atomic():
            plan = self.plans.approve(start, who.name, expires, signature, now)
            if plan.stage is not Stage.APPROVED or not plan.kinds <= KINDS:
                return plan
            self._begin(plan, who, now)
            return self.plans.get(plan.hash)

    def carry(self, hashed: str, clock: Callable[[], Moment]) -> Carried:
        """Carry a begun plan out to its end; the servers refuse, or let in, from batch to batch.

        Raises:
            ProjectionUnfit: the servers' file cannot be written; the worker goes on trying.
        """
        carried = self._carrier.carry(hashed, clock, lambda: self.refresh(clock))
        self.refresh(clock)
        return carried

    def refresh(self, clock: Callable[[], Moment]) -> None:
        """Bring this host's projection up to date.

        Raises:
            ProjectionUnfit: it cannot be written.
        """
        self.projection.refresh(lambda accounts: refused_late(accounts, clock()))

    def check(self, clock: Callable[[], Moment]) -> bool:
        """Compare this host's projection with the state, and mend it; tell whether it was right.

        Raises:
            ProjectionUnfit: it cannot be written.
        """
        return self.projection.check(lambda accounts: refused_late(accounts, clock(), 0))

    def carried(self, plan: Plan) -> Carried:
        """Tell what became of a plan so far."""
        return outcome(plan)

    def held(self, case: str | None = None) -> list[Held]:
        """Give the open holds by account, those of one case where it is named."""
        rows = open_rows()
        return shown(rows if case is None else rows.filter(case=case))

    def seen(self, who: Member, case: str | None = None) -> list[Held]:
        """Give the open holds as `held`, of the organisations whose cases somebody may read."""
        there, away = who.organisations(Permission.CASE_READ), hidden(who)
        return [
            one
            for one in self.held(case)
            if one.case not in away
            if there is None or self.desk.organisation_of(one.account) in there
        ]

    def pending(self, who: Member | None = None) -> list[Pending]:
        """Give what the worker has still to do, with accounts that are somebody's to read of.

        Left out is what is to be done for plans of cases that are restricted to others.
        """
        there = frozenset() if who is None else who.organisations(Permission.CASE_READ)
        away = frozenset() if who is None else self.plans.hidden(who)
        return [
            Pending(effect.kind, effect.attempts, trouble, self._narrowed(effect, there))
            for effect, trouble in outbox.waiting(EFFECTS)
            if effect.subject not in away
        ]

    def _narrowed(self, effect: Effect, there: frozenset[str] | None) -> tuple[str, ...]:
        """Give the accounts that are left of an effect once the others were brought to their end."""
        left = effect.payload["accounts"] if LEFT in effect.payload else ()
        return tuple(
            one for one in left if there is None or self.desk.organisation_of(one) in there
        )

    def unknown(self) -> list[str]:
        """Give the held accounts that Dovecot's user database did not know when they were held."""
        rows = AccountRow.objects.filter(held=True, filters__unknown=True).order_by("account")
        return list(rows.values_list("account", flat=True))

    def holds_of(self, accounts: Sequence[str], who: Member | None = None) -> list[Held]:
        """Give the open holds of accounts; those of cases that somebody may know of, where they are named."""
        away = frozenset() if who is None else hidden(who)
        names = sorted(filter(is_name, {normal(one) for one in accounts}))
        return [
            one
            for some in chunks(names)
            for one in shown(open_rows().filter(account__in=some).exclude(case__in=away))
        ]

    def belonging(self, plan: str, accounts: Collection[str]) -> dict[str, str | None]:
        """Give the case that what is done to accounts for a plan is an entry of; None for none.

        It is the one that the hold belongs to now, else that of the plan: someone else may hold the account.
        """
        of_plan, found = self.plans.case_of(plan), cases_of(plan, accounts)
        return {one: found.get(one) or of_plan for one in accounts}

    def suspended_filter(self, account: str) -> str | None:
        """Give the name of the Sieve script that a hold of this account suspended; None for none."""
        filters = AccountRow.objects.filter(account=normal(account)).values_list(
            "filters", flat=True
        )
        found = filters.first() or {}
        return found.get("active") or None if found.get("suspended") else None

    def preserved(self, accounts: Sequence[str]) -> frozenset[str]:
        """Give those accounts whose stored mail must stay as it is, for a legal reason."""
        return preserved(accounts)

    def _may(self, wish: Wish, who: Actor, permission: Permission) -> None:
        if not isinstance(who, Member):
            return
        if wish.kind is Kind.PRESERVATION:
            permission = Permission.HOLD_PRESERVE
        for organisation in {self.desk.organisation_of(one) for one in wish.accounts}:
            who.allowed(permission, organisation)

    def _ending(self, wish: Wish) -> Callable[[str], Details]:
        """Give what each release says: which hold it ends, so that it ends no later one."""
        plans = {
            one.account: one.plan
            for one in self.holds_of(wish.accounts)
            if (one.kind, one.case) == (wish.kind, wish.case)
        }
        return lambda account: ((HOLD, plans.get(account, "")), ("kind", wish.kind.value))

    def _begin(self, plan: Plan, who: Actor, now: Moment) -> None:
        self.plans.begin(plan.hash, who.name, now)
        due_plan(plan.hash, now + self._own_turn)

    def _plan(
        self,
        wish: Wish,
        kind: ActKind,
        details: Callable[[str], Details],
        who: Actor,
        now: Moment,
    ) -> Planned:
        accounts = tuple(dict.fromkeys(map(normal, wish.accounts)))
        unnamed = tuple((one, Refusal.NO_NAME) for one in accounts if not is_name(one))
        plan = Plan(
            case=wish.case,
            reason=wish.reason.encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00"),
            requester=who.name,
            acts=tuple(Act(kind, one, details(one)) for one in accounts if is_name(one)),
            mismatch=wish.mismatch,
            emergency=kind is ActKind.HOLD,
            made=now,
        )
        left = unnamed + tuple(unfitting(plan.case, plan.acts))
        out = {account for account, _ in left}
        acts = tuple(act for act in plan.acts if act.subject not in out)
        if not acts:
            raise NothingToDo(_nothing(kind, left), left)
        return Planned(replace(plan, acts=acts), left)


_NO_NAMES = (
    said("{account} is no name that an account can have"),
    said("{account} and each other one is no name that an account can have"),
)
_WHY_NOTHING = {
    ActKind.HOLD: (
        said("{account} is held already: see `postwarden holds`"),
        said("{account} and the others are held already: see `postwarden holds`"),
    ),
    ActKind.RELEASE: (
        said("{account} is not held by this case: see `postwarden holds`"),
        said("{account} and the others are not held by this case: see `postwarden holds`"),
    ),
    ActKind.RELEASE_PROVEN: (
        said("{account} is not held by this case, or not proven clean: see `postwarden holds`"),
        said(
            "{account} and the others are not held by this case, or not proven clean: see `postwarden holds`"
        ),
    ),
}
"""Of one account, and of several."""


def _placing(wish: Wish) -> Callable[[str], Details]:
    """Give what each hold says."""
    details = (("kind", wish.kind.value), ("wording", wish.wording.value))
    return lambda _: details


def _nothing(kind: ActKind, left: Sequence[tuple[str, Refusal]]) -> str:
    if not left:
        return said("no account is named")
    unnamed = all(refusal is Refusal.NO_NAME for _, refusal in left)
    one, several = _NO_NAMES if unnamed else _WHY_NOTHING[kind]
    return (one if len(left) == 1 else several).about(account=left[0][0])
