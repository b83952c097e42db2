"""The people behind accounts concerned: kept for as long as the case needs them."""

from collections.abc import Collection, Mapping

from django.db import transaction

from postwarden.cases.desk import Actor, Desk, may, seen
from postwarden.cases.errors import Refused
from postwarden.cases.keeping import Deed, chunks, found, locked, record
from postwarden.cases.models import CaseRow, PersonRow
from postwarden.cases.rules import Code, Refusal
from postwarden.cases.text import kept
from postwarden.ledger.service import Entry
from postwarden.people.service import Permission, Person
from postwarden.state.service import drop_old_writes
from postwarden.vocabulary import Moment

_FACTS = ("person", "name", "language", "channel")


def unknown_persons(actor: Actor, reference: str) -> list[str]:
    """Give the accounts of a case whose people it does not know; raise `NotAllowed`."""
    row = found(reference, actor)
    there = set(_accounts(row, actor)) - set(row.persons.values_list("account", flat=True))
    return sorted(there)


def keep_persons(
    desk: Desk, actor: Actor, reference: str, persons: Mapping[str, Person], now: Moment
) -> None:
    """Keep who is behind accounts of a case; each is recorded where erasing them erases it.

    Raises:
        NotAllowed: the actor may not, for one of the accounts' organisations.
        Refused: an account is none of the case.
    """
    with transaction.atomic():
        row = locked(reference, actor)
        _must_be_of(row, actor, persons)
        for account, person in sorted(persons.items()):
            facts = {name: kept(getattr(person, name)) for name in _FACTS}
            PersonRow.objects.update_or_create(case=row, account=account, defaults=facts)
        _record(desk, actor, row, "person.kept", persons, now)


def forget_persons(
    desk: Desk, actor: Actor, reference: str, accounts: Collection[str], now: Moment
) -> int:
    """Remove what a case keeps of people; give how many they were. Raises as `keep_persons`."""
    with transaction.atomic():
        row = locked(reference, actor)
        _must_be_of(row, actor, accounts)
        known = row.persons.values_list("account", flat=True)
        gone = sorted(set(known).intersection(accounts))
        for some in chunks(gone):
            row.persons.filter(account__in=some).delete()
        _record(desk, actor, row, "person.forgotten", gone, now)
    drop_old_writes()
    return len(gone)


def kept_persons(actor: Actor, reference: str) -> list[Person]:
    """Give the people that a case knows, of the actor's organisations; raise `NotAllowed`."""
    row = found(reference, actor)
    there = set(_accounts(row, actor))
    return [
        Person(one.account, *(getattr(one, name) for name in _FACTS))
        for one in row.persons.order_by("account")
        if one.account in there
    ]


def _accounts(row: CaseRow, actor: Actor) -> list[str]:
    there = seen(actor, Permission.CASE_EDIT)
    rows = row.accounts.all() if there is None else row.accounts.filter(organisation__in=there)
    if there is not None and not there:
        may(actor, Permission.CASE_EDIT, row.organisations)
    return list(rows.values_list("account", flat=True))


def _must_be_of(row: CaseRow, actor: Actor, accounts: Collection[str]) -> None:
    for account in sorted(set(accounts) - set(_accounts(row, actor))):
        raise Refused(Refusal(Code.NO_ACCOUNT, account))


def _record(
    desk: Desk, actor: Actor, row: CaseRow, act: str, accounts: Collection[str], now: Moment
) -> None:
    if not accounts:
        return
    deed = Deed(act.replace("person", "persons"), actor, now, values={"count": len(accounts)})
    record(desk, row.reference, deed, now)
    entries = [
        Entry(act, actor.name, case=row.reference, person=account) for account in sorted(accounts)
    ]
    desk.ledger.append(entries, now)
