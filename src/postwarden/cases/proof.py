"""The proof of a finding, as its case keeps it: reasons, and where each can be looked up."""

from typing import NamedTuple

from django.db import transaction

from postwarden.cases.desk import Actor, Desk
from postwarden.cases.errors import NoSuchCase
from postwarden.cases.listing import Found, some_findings
from postwarden.ledger.service import Entry
from postwarden.vocabulary import Moment, said


class Cited(NamedTuple):
    """A place: a line of a file, or (line 0) a header of the copy itself; `number` names it in its finding."""

    number: int
    file: str
    line: int


class Reason(NamedTuple):
    """A reason of a verdict: its code, what fills its sentence, and where to look."""

    code: str
    values: tuple[tuple[str, str], ...]
    citations: tuple[Cited, ...]


def finding(desk: Desk, actor: Actor, name: str, finding_id: str) -> Found:
    """Give a finding of a case.

    Raises:
        NoSuchCase: there is none of that name, or the actor may not know of it.
        NotAllowed: the case concerns none of the actor's organisations.
    """
    found = some_findings(desk, actor, name, [finding_id]).get(finding_id)
    if found is None:
        raise NoSuchCase(
            said(
                "{finding_id}: there is no such finding in {name}", finding_id=finding_id, name=name
            )
        )
    return found


def reasons_of(found: Found) -> tuple[Reason, ...]:
    """Give why a finding has its verdict; of one that was taken before proof was kept, codes alone."""
    told = found.facts.get("proof")
    if told is None:
        return tuple(Reason(code, (), ()) for code in found.facts["reasons"])
    number = 0
    whys = []
    for one in told:
        cited = [Cited(number + n, *place) for n, place in enumerate(one["citations"])]
        number += len(cited)
        values = tuple((name, value) for name, value in one["values"])
        whys.append(Reason(one["code"], values, tuple(cited)))
    return tuple(whys)


def look_up(desk: Desk, actor: Actor, name: str, found: Found, number: int, now: Moment) -> Cited:
    """Give a place that a finding cites, for somebody who is about to read it; that they are is on record.

    Raises:
        NoSuchCase: the finding cites no such place.
    """
    for place in (one for why in reasons_of(found) for one in why.citations):
        if place.number == number:
            break
    else:
        raise NoSuchCase(
            said("{finding} cites no place {number}", finding=found.finding, number=number)
        )
    detail = {"finding": found.finding, "place": f"{place.file}:{place.line}"}
    with transaction.atomic():
        read = Entry(
            "finding.looked-up", actor.name, case=name, person=found.account, detail=detail
        )
        desk.ledger.append([read], now)
    return place
