"""Whom the helpdesk promised to call back: kept until it was done, and then no longer how to reach them."""

from typing import NamedTuple

from django.db import transaction

from postwarden.cases.desk import Desk
from postwarden.cases.errors import CaseError
from postwarden.cases.models import CallbackRow
from postwarden.cases.naming import account_of
from postwarden.cases.text import kept
from postwarden.ledger.service import Entry
from postwarden.people.service import Member, Permission
from postwarden.state.service import drop_old_writes
from postwarden.vocabulary import Moment, said

PROMISED = "callback.promised"
DONE = "callback.done"


class NoSuchCallback(CaseError):
    """There is none of that number that waits, or it is another organisation's."""


class Callback(NamedTuple):
    """Somebody to call back.

    Attributes:
        number: that names it.
        account: whom.
        how: to reach them, as they said.
        why: what to tell them, or to ask.
        promised_by: who took the call.
        promised_at: when.
    """

    number: int
    account: str
    how: str
    why: str
    promised_by: str
    promised_at: Moment


def promise_callback(
    desk: Desk, who: Member, account: str, how: str, why: str, now: Moment
) -> None:
    """Note that somebody is to be called back.

    Raises:
        NotAllowed: the actor does not help customers of the account's organisation.
    """
    account = account_of(account)
    organisation = desk.organisation_of(account)
    who.allowed(Permission.HELPDESK_ASK, organisation)
    with transaction.atomic():
        row = CallbackRow.objects.create(
            account=account,
            organisation=organisation,
            how=kept(how.strip()),
            why=kept(why.strip()),
            promised_by=who.name,
            promised_at=now,
        )
        entry = Entry(PROMISED, who.name, person=account, detail={"callback": row.pk})
        desk.ledger.append([entry], now)


def callbacks(who: Member) -> list[Callback]:
    """Give whom to call back, of organisations whose customers somebody helps; the oldest first."""
    there = who.organisations(Permission.HELPDESK_ASK)
    rows = CallbackRow.objects.filter(done_at=None)
    rows = rows if there is None else rows.filter(organisation__in=there)
    return [
        Callback(row.pk, row.account, row.how, row.why, row.promised_by, row.promised_at)
        for row in rows.order_by("promised_at", "pk")
    ]


def call_back_done(desk: Desk, who: Member, number: int, now: Moment) -> None:
    """Note that somebody was called back, and forget how to reach them and why; it counts once.

    Raises:
        NoSuchCallback: none of that number waits for who asks.
    """
    there = who.organisations(Permission.HELPDESK_ASK)
    rows = CallbackRow.objects.filter(pk=number, done_at=None)
    rows = rows if there is None else rows.filter(organisation__in=there)
    with transaction.atomic():
        row = rows.first()
        changed = {"how": "", "why": "", "done_by": who.name, "done_at": now}
        if row is None or not rows.filter(pk=row.pk).update(**changed):
            raise NoSuchCallback(
                said("this call was made already; the list shows those that are left")
            )
        entry = Entry(DONE, who.name, person=row.account, detail={"callback": row.pk})
        desk.ledger.append([entry], now)
    drop_old_writes()
