"""Plans as they are kept: found by their hash or case, and shown to those whom they concern."""

from collections.abc import Callable, Collection

from django.db import connection
from django.db.models import Q, QuerySet

from postwarden.cases.service import hidden
from postwarden.custody.checking import listed, readable, sound
from postwarden.custody.errors import NoSuchPlan, Refused
from postwarden.custody.models import PlanRow
from postwarden.custody.rules import Plan, Refusal, Stage, awaits, valid
from postwarden.custody.seeing import Place, PlansWanted, Seen, seen
from postwarden.custody.standing import Standing
from postwarden.ledger.service import Ledger, Wanted
from postwarden.people.service import Member, Permission, tied, ties
from postwarden.vocabulary import Moment, said

NO_PLAN = said("{start}: no plan begins so")
_SEVERAL_PLANS = said("{start}: several plans begin so")
_NO_SUCH = said("{hashed}: there is no such plan")
STOPPED = "plan.stopped"
_BEGUN = (Stage.RUNNING, Stage.DONE, Stage.STOPPED)
_LEAN = PlanRow.objects.defer("text")
"""Without the text, which is read in pieces: of thousands of acts it is long."""
_EMERGENCY = '"emergency":true'  # as `canonical` writes it; whatever else has it is looked at, too


class KeptPlans:
    """The plans of an installation, to be read."""

    def __init__(self, ledger: Ledger, organisation_of: Callable[[str], str]) -> None:
        """Bind them.

        Args:
            ledger: the record.
            organisation_of: gives the organisation that answers for an act's subject.
        """
        self._ledger = ledger
        self._organisation_of = organisation_of

    def get(self, start: str) -> Plan:
        """Give a plan by its hash, or by the first characters of it.

        Raises:
            NoSuchPlan: there is none, or there are several.
            Refused: its text is not the one that was frozen (FORGED).
        """
        return _only(_LEAN, start)

    def sound(self, hashed: str) -> Plan:
        """Give a plan that is as it was frozen and signed: one that may go on where it has begun.

        Raises:
            NoSuchPlan: there is none.
            Refused: something of it is not so (FORGED).
        """
        return unforged(sound(row_of(hashed)))

    def standing(self, plan: Plan) -> Standing:
        """Give what tells whether a plan's approvals still hold."""
        return Standing(plan, self._organisations(plan))

    def of_case(self, case: str) -> list[Plan]:
        """Give the plans of a case, oldest first; those whose text somebody changed are left out."""
        return _listed(_LEAN.filter(case=case))

    def case_of(self, hashed: str) -> str | None:
        """Give the case that a plan was frozen in; None where it was in none, or there is no such plan."""
        return PlanRow.objects.filter(hash=hashed).values_list("case", flat=True).first() or None

    def stage(self, hashed: str) -> Stage:
        """Give where a plan is, without reading all of it. Raises as `sound`."""
        stage = PlanRow.objects.filter(hash=hashed).values_list("stage", flat=True).first()
        if stage is None:
            raise NoSuchPlan(_NO_SUCH.about(hashed=hashed))
        if stage not in set(Stage):
            raise Refused(Refusal.FORGED)
        return Stage(stage)

    def every(self) -> list[Plan]:
        """Give all plans, oldest first; those whose text somebody changed are left out."""
        return _listed(_LEAN.all())

    def seen(self, who: Member, cases: Collection[str] | None = None) -> list[Seen]:
        """Give the plans, oldest first, that concern organisations whose cases somebody may read.

        Args:
            who: asks.
            cases: only those of these cases; None: of any.

        Raises:
            NotAllowed: they read no cases at all.
        """
        there = _there(who)
        rows = _LEAN.all() if cases is None else _LEAN.filter(case__in=cases)
        rows = rows.exclude(case__in=hidden(who))
        found = (seen(plan, there, self._organisation_of) for plan in _listed(rows))
        return [one for one in found if one is not None]

    def page(self, who: Member, wanted: PlansWanted) -> tuple[list[Seen], Place | None]:
        """Give plans as `seen`, newest first, some at a time: texts of others are not read.

        Returns:
            The plans, and after which place the next page begins; None where this is the last one.

        Raises:
            NotAllowed: they read no cases at all.
        """
        there, rows = _there(who), _LEAN.exclude(case__in=hidden(who)).order_by("-made", "-hash")
        if wanted.cases is not None:
            rows = rows.filter(case__in=wanted.cases)
        if wanted.stages:
            rows = rows.filter(stage__in=wanted.stages)
        if wanted.after is not None:
            made, hashed = wanted.after
            rows = rows.filter(Q(made__lt=made) | Q(made=made, hash__lt=hashed))
        found, last, most = list[Seen](), Place(0, ""), wanted.most + 1
        for row, plan in listed(rows.prefetch_related("approvals").iterator(most), most):
            one = None if plan is None else seen(plan, there, self._organisation_of)
            if one is None:
                continue
            if len(found) == wanted.most:
                return found, last
            found.append(one)
            last = Place(row.made, row.hash)
        return found, None

    def awaiting(self, who: Member, now: Moment) -> list[Plan]:
        """Give the plans, oldest first, that wait for an approval which somebody may give.

        Those that ended are not read, so that it takes as long after years as on the first day.
        """
        known, away = ties(), hidden(who)
        begun = _LEAN.filter(stage__in=_BEGUN, approvals=None, text__contains=_EMERGENCY)
        rows = _LEAN.filter(stage__in=(Stage.FROZEN, Stage.APPROVED)) | begun
        return [
            plan
            for plan in _listed(rows)
            if awaits(plan, now)
            and plan.case not in away
            and plan.requester != who.name
            and not tied(who.name, plan.requester, known)
            and self._approves(who, plan, now)
        ]

    def _approves(self, who: Member, plan: Plan, now: Moment) -> bool:
        there = who.organisations(Permission.PLAN_APPROVE)
        given = {one.approver for one in valid(plan, now)}
        return who.name not in given and (there is None or self._organisations(plan) <= there)

    def shown(self, start: str, who: Member) -> Seen:
        """Give one plan as `seen`, by the start of its hash.

        Raises:
            NoSuchPlan: there is none that they may see, or there are several.
            NotAllowed: they read no cases at all.
            Refused: its text is not the one that was frozen (FORGED).
        """
        there = _there(who)
        plan = _only(_LEAN.exclude(case__in=hidden(who)), start)
        found = seen(plan, there, self._organisation_of)
        if found is None:
            raise NoSuchPlan(NO_PLAN.about(start=start))
        return found

    def hidden(self, who: Member) -> frozenset[str]:
        """Give the hashes of the plans of cases that are restricted to others."""
        rows = PlanRow.objects.filter(case__in=hidden(who))
        return frozenset(rows.values_list("hash", flat=True))

    def ruined(self) -> list[str]:
        """Give the hashes of the plans whose text or stage somebody changed."""
        rows = _LEAN.order_by("hash")
        return [row.hash for row in rows.iterator() if readable(row) is None]

    def why_stopped(self, hashed: str) -> str:
        """Give the reason that is on record for the last stop of a plan; "" for none."""
        said = [
            str(one.facts.get("why", ""))
            for one in self._ledger.entries(Wanted(act=STOPPED))
            if one.facts.get("plan") == hashed
        ]
        return said[-1] if said else ""

    def _organisations(self, plan: Plan) -> frozenset[str]:
        return frozenset(map(self._organisation_of, plan.accounts))


def _there(who: Member) -> frozenset[str] | None:
    there = who.organisations(Permission.CASE_READ)
    if there is not None and not there:
        who.allowed(Permission.CASE_READ)
    return there


def _listed(rows: QuerySet[PlanRow]) -> list[Plan]:
    read = listed(rows.prefetch_related("approvals"))
    return sorted((plan for _, plan in read if plan is not None), key=lambda plan: plan.made)


def _only(rows: QuerySet[PlanRow], start: str) -> Plan:
    """Give the one plan of these whose hash begins so. Raises as `Plans.get`."""
    some = list(rows.filter(hash__startswith=start)[:2]) if start else []
    if len(some) != 1:
        none = _SEVERAL_PLANS if some else NO_PLAN
        raise NoSuchPlan(none.about(start=start))
    return unforged(readable(some[0]))


def unforged(plan: Plan | None) -> Plan:
    """Give a plan that could be read; raise `Refused` (FORGED) for none."""
    if plan is None:
        raise Refused(Refusal.FORGED)
    return plan


def row_of(hashed: str, *, lock: bool = False) -> PlanRow:
    """Give a plan's row, locked so that no other transaction changes it meanwhile."""
    rows = _LEAN.filter(hash=hashed)
    if lock and connection.features.has_select_for_update:
        rows = rows.select_for_update()
    row = rows.first()
    if row is None:
        raise NoSuchPlan(_NO_SUCH.about(hashed=hashed))
    return row
