"""The record of what was done, as somebody may read it."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from postwarden.cases.desk import SYSTEM, Desk, seen
from postwarden.cases.hiding import KNOCKED, hidden, names_hidden
from postwarden.cases.views import case_file, every_case, references
from postwarden.ledger.service import Told, Wanted
from postwarden.people.service import IDENTITY, Member, Permission
from postwarden.vocabulary import Moment

MOST = 50
"""Entries of one page."""
_LOOKED_AT = 5_000
"""Entries that are opened for one page at most: who did something is sealed, and only then known."""
_FROZEN = "plan.frozen"


class Search(NamedTuple):
    """Which entries are wanted; "" or None of a thing: whatever it is.

    Attributes:
        case: reference; of those merged into it, too.
        actor: who did it.
        act: what was done, a code.
        since: from this time on.
        until: before this time.
        before: only those with lower numbers: the `after` of the page before.
    """

    case: str = ""
    actor: str = ""
    act: str = ""
    since: Moment | None = None
    until: Moment | None = None
    before: int | None = None


class Pageful(NamedTuple):
    """Some entries, latest first.

    Attributes:
        rows: at most `MOST`.
        after: the number that the next page comes after; None where nothing is left to look at.
        reached: when the last entry that was looked at was appended; None where there was none.
    """

    rows: tuple[Told, ...]
    after: int | None
    reached: Moment | None


def sight(desk: Desk, who: Member) -> Callable[[Told], bool]:
    """Give what tells whether somebody may see an entry.

    Those about accounts of their organisations and, where they are about no account, about cases that
    concern these. Whose role holds for all organisations sees everything, but for cases restricted to others
    and who asked in vain to be let into one: those who are not inside would hear which cases there are.

    Raises:
        NotAllowed: they may see none.
    """
    there, told = who.organisations(Permission.LEDGER_READ), told_to(desk, hidden(who))
    if there is None:
        return lambda one: told(one) and not (one.act == KNOCKED and one.case is None)
    if not there:
        who.allowed(Permission.LEDGER_READ)
    concerned = {one.reference: one.organisations for one in every_case(SYSTEM)}

    def sees(one: Told) -> bool:
        if not told(one):
            return False
        person = one.facts.get("person")
        if person is not None:
            return not person.startswith(IDENTITY) and desk.organisation_of(person) in there
        whole = not one.erased and not one.changed  # else it may be about anybody
        return whole and not there.isdisjoint(concerned.get(one.case or "", ()))

    return sees


def hearing(desk: Desk, who: Member) -> Callable[[Told], bool]:
    """Give what tells whether somebody may hear of an entry of a case that they may know of.

    Not of what is said of another organisation's account, as their timeline of the case has it, nor that a
    case which is there for others alone came out of this one.
    """
    there, away = seen(who, Permission.CASE_READ), hidden(who)

    def hears(one: Told) -> bool:
        if names_hidden(one.act, one.facts.get("detail", {}), away):
            return False
        person = one.facts.get("person")
        if there is None or (person is None and not one.erased and not one.changed):
            return True
        return person is not None and desk.organisation_of(person) in there

    return hears


def told_to(desk: Desk, away: Collection[str]) -> Callable[[Told], bool]:
    """Give what tells whether an entry is of none of these cases: neither itself, nor by its plan, nor in words.

    Entries of no case may be about a plan of one.
    """
    if not away:
        return lambda _: True
    frozen = desk.ledger.entries(Wanted(cases=tuple(away), act=_FROZEN))
    plans = frozenset(one.facts["plan"] for one in frozen if "plan" in one.facts)
    return lambda one: (
        not (
            one.case in away
            or one.facts.get("plan") in plans
            or names_hidden(one.act, one.facts.get("detail", {}), away)
        )
    )


def entries(desk: Desk, who: Member, search: Search) -> Pageful:
    """Give a page of what somebody may see, latest first; looking for it ends after 5,000 entries.

    Raises:
        NotAllowed: they may see none, or not the case.
        NoSuchCase: there is none of that name.
    """
    sees = sight(desk, who)
    rows: list[Told] = []
    after: int | None = None
    reached: Moment | None = None
    for looked, one in enumerate(_found(desk, who, search)):
        if looked == _LOOKED_AT or len(rows) == MOST:
            return Pageful(tuple(rows), after, reached)
        after, reached = one.number, one.at
        if sees(one) and _fits(one, search):
            rows.append(one)
    return Pageful(tuple(rows), None, reached)


def _found(desk: Desk, who: Member, search: Search) -> Iterator[Told]:
    cases = references(case_file(who, search.case).case.reference) if search.case else None
    wanted = Wanted(cases, search.act or None, search.since, search.until)
    return desk.ledger.latest(wanted, search.before)


def _fits(one: Told, search: Search) -> bool:
    return not search.actor or one.facts.get("actor") == search.actor
