"""Cases for people by name: who restricts one, lets others in, and lifts it; each with a reason, on record.

To everybody else the case is not there. Who is not inside and has to be asks without hearing whether there is
such a case, and somebody else, who is inside, agrees: nobody lets themselves in. Where nobody is left inside
who could agree, somebody else may who could restrict the case themselves.
"""

from collections.abc import Collection
from typing import NamedTuple

from django.db import transaction

from postwarden.cases.desk import SYSTEM, Desk, may
from postwarden.cases.errors import NoSuchCase, Refused
from postwarden.cases.hiding import KNOCKED, is_inside
from postwarden.cases.keeping import Deed, found, locked, record
from postwarden.cases.models import CaseRow, InsiderRow, KnockRow
from postwarden.cases.rules import Code, Refusal
from postwarden.cases.text import kept
from postwarden.ledger.service import Entry
from postwarden.people.service import (
    Member,
    NotAllowed,
    Permission,
    UnknownIdentity,
    member,
    members,
    tied,
)
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment, said

_SHOWN = 20  # characters of what somebody takes for a reference


class Knock(NamedTuple):
    """Somebody asks to be let in.

    Attributes:
        number: that names it.
        case: reference.
        name: who asks.
        why: as they say.
        at: when they asked.
    """

    number: int
    case: str
    name: str
    why: str
    at: Moment


def insiders(who: Member, reference: str) -> tuple[str, ...] | None:
    """Give by name to whom a case is restricted; None where it is there for all whose roles read it.

    Raises:
        NoSuchCase: there is none that the actor may know of.
    """
    row = found(reference, who)
    return tuple(_names(row)) if row.restricted else None


def restrict_case(  # who, which, to whom, why, and the clock
    desk: Desk, who: Member, reference: str, names: Collection[str], why: str, now: Moment
) -> None:
    """Let a case be there for some people alone; who restricts it is one of them.

    Raises:
        NoSuchCase: there is none that the actor may know of.
        NotAllowed: the actor may not, for an organisation that it concerns.
        UnknownIdentity: nobody of some name works here.
        Refused: it is restricted already, or no reason is given.
    """
    inside = sorted({who.name, *names})
    with transaction.atomic():
        row = _mine(who, reference, why)
        if row.restricted:
            raise Refused(Refusal(Code.RESTRICTED, row.reference))
        _work_here(inside)
        CaseRow.objects.filter(pk=row.pk).update(restricted=True)
        InsiderRow.objects.bulk_create(InsiderRow(case=row, name=one) for one in inside)
        _record(desk, row, who, "case.restricted", why, now, names=inside)


def let_in(desk: Desk, who: Member, reference: str, name: str, why: str, now: Moment) -> None:
    """Let one more into a restricted case. Raises as `restrict_case`, and where they are in already."""
    with transaction.atomic():
        row = _restricted(who, reference, why)
        _work_here([name])
        if name in _names(row):
            raise Refused(Refusal(Code.INSIDE_ALREADY, name))
        _let_in(row, name)
        _record(desk, row, who, "case.let-in", why, now, name=name)


def take_out(desk: Desk, who: Member, reference: str, name: str, why: str, now: Moment) -> None:
    """Let a restricted case be there for somebody no longer; it bites on their next request.

    Raises:
        Refused: they are not inside, or nobody would be left who could let others in; else as `let_in`.
    """
    with transaction.atomic():
        row = _restricted(who, reference, why)
        if name not in _names(row):
            raise Refused(Refusal(Code.NOT_INSIDE, name))
        if not _keepers(row) - {name}:
            raise Refused(Refusal(Code.LAST_INSIDER, name))
        row.insiders.filter(name=name).delete()
        _record(desk, row, who, "case.taken-out", why, now, name=name)


def unrestrict_case(desk: Desk, who: Member, reference: str, why: str, now: Moment) -> None:
    """Let a case be there for all whose roles read it. Raises as `let_in`."""
    with transaction.atomic():
        row = _restricted(who, reference, why)
        CaseRow.objects.filter(pk=row.pk).update(restricted=False)
        row.insiders.all().delete()
        row.knocks.all().delete()
        _record(desk, row, who, "case.unrestricted", why, now)


def knock(desk: Desk, who: Member, reference: str, why: str, now: Moment) -> None:
    """Ask to be let into a restricted case; whether there is one is not told, and that they ask is on record.

    Raises:
        Refused: no reason is given.
    """
    _reason(why)
    with transaction.atomic():
        row = _knockable(who, reference)
        if row is None:  # an entry all the same, so that how many there are does not tell
            detail = {"reference": kept(reference[:_SHOWN])}
            desk.ledger.append([Entry(KNOCKED, who.name, kept(why.strip()), detail=detail)], now)
            return
        KnockRow.objects.create(case=row, name=who.name, why=kept(why.strip()), at=now)
        _record(desk, row, who, KNOCKED, why, now)


def _knockable(who: Member, reference: str) -> CaseRow | None:
    """Give a case that somebody may ask to be let into, and has not yet."""
    try:
        row = locked(reference, SYSTEM)
    except NoSuchCase:
        return None
    there = who.organisations(Permission.CASE_READ)
    reads = there is None or not there.isdisjoint(row.organisations)
    asks = reads and not is_inside(who, row) and not row.knocks.filter(name=who.name).exists()
    return row if asks else None


def knocks(who: Member) -> list[Knock]:
    """Give who asks to be let in and waits for somebody like the reader, the oldest first."""
    if not _KNOCKS():  # most often; the cases need not be read then
        return []
    rows = KnockRow.objects.select_related("case").order_by("at", "pk")
    return [
        Knock(row.pk, row.case_id, row.name, row.why, row.at) for row in rows if _answers(who, row)
    ]


_KNOCKS = Prepared(lambda: KnockRow.objects.values_list("pk", flat=True)[:1])


def answer_knock(  # who, which, the answer, why, and the clock
    desk: Desk, who: Member, number: int, *, agrees: bool, why: str, now: Moment
) -> None:
    """Let somebody in who asked, or not.

    Raises:
        Refused: nobody asks so of who answers, they asked themselves, they and who asked may be one person
            (TIED), or no reason is given.
    """
    _reason(why)
    with transaction.atomic():
        row = KnockRow.objects.select_related("case").filter(pk=number).first()
        if row is None or not _answers(who, row):
            raise Refused(Refusal(Code.NO_REQUEST))
        if agrees and tied(row.name, who.name):
            raise Refused(Refusal(Code.TIED))
        case = locked(row.case_id, SYSTEM)
        if not KnockRow.objects.filter(pk=number).delete()[0]:
            raise Refused(Refusal(Code.NO_REQUEST))
        if agrees:
            _work_here([row.name])
            _let_in(case, row.name)
        act = "case.let-in" if agrees else "case.knock-refused"
        _record(desk, case, who, act, why, now, name=row.name)


def _answers(who: Member, row: KnockRow) -> bool:
    """Tell whether a request waits for somebody: they are inside, or nobody there could answer."""
    if row.name == who.name or not _restricts(who, row.case):
        return False
    return is_inside(who, row.case) or not _keepers(row.case)


def _keepers(row: CaseRow) -> set[str]:
    """Give those inside who work here and may let others in."""
    there = {one.name: one for one in members()}
    return {name for name in _names(row) if name in there and _restricts(there[name], row)}


def _restricts(who: Member, row: CaseRow) -> bool:
    try:
        may(who, Permission.CASE_RESTRICT, row.organisations)
    except NotAllowed:
        return False
    return True


def _mine(who: Member, reference: str, why: str) -> CaseRow:
    """Give a case, locked, that somebody may restrict and has a reason to."""
    _reason(why)
    row = locked(reference, who)
    may(who, Permission.CASE_RESTRICT, row.organisations)
    return row


def _restricted(who: Member, reference: str, why: str) -> CaseRow:
    row = _mine(who, reference, why)
    if not row.restricted:
        raise Refused(Refusal(Code.NOT_RESTRICTED))
    return row


def _reason(why: str) -> None:
    if not why.strip():
        raise Refused(Refusal(Code.NO_REASON))


def _names(row: CaseRow) -> list[str]:
    return list(row.insiders.order_by("name").values_list("name", flat=True))


def _let_in(row: CaseRow, name: str) -> None:
    InsiderRow.objects.get_or_create(case=row, name=name)
    row.knocks.filter(name=name).delete()


def _work_here(names: Collection[str]) -> None:
    for name in names:
        if not member(name).active:
            raise UnknownIdentity(said("{name} acts no more", name=name))


def _record(  # as the acts have it
    desk: Desk, row: CaseRow, who: Member, act: str, why: str, now: Moment, **told: object
) -> None:
    deed = Deed(act, who, now, text=kept(why.strip()), values=told)
    record(desk, row.reference, deed, now)
