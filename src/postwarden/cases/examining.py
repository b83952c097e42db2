"""Examinations of a case: what was looked at in each account, its state by that, and its proof."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from django.db import transaction
from django.db.models import Max

from postwarden.cases.clearing import Doubt, Look, doubt, state_after
from postwarden.cases.comparing import Taken
from postwarden.cases.desk import SYSTEM, Actor, Desk, may
from postwarden.cases.errors import Refused
from postwarden.cases.findings import Refreshed, take_findings
from postwarden.cases.handling import move
from postwarden.cases.keeping import Deed, chunks, found, frozen, locked, record
from postwarden.cases.models import CaseRow, FindingRow, LookRow, ReportRow
from postwarden.cases.plain import plain_look
from postwarden.cases.rules import SETTLED, Code, Refusal
from postwarden.cases.values import State
from postwarden.cases.views import look_of
from postwarden.ledger.service import Entry
from postwarden.people.service import Permission
from postwarden.vocabulary import Moment

_WRONG = ("misdelivered", "crossed")


def examined(
    desk: Desk, actor: Actor, reference: str, taken: Taken, looks: Sequence[Look], now: Moment
) -> tuple[Refreshed, Mapping[str, State]]:
    """Let a case have what an examination found, and what it looked at in each account.

    Args:
        desk: of the installation.
        actor: who examined.
        reference: of the case.
        taken: the findings.
        looks: what was looked at; accounts that the case does not concern are left out.
        now: when.

    Returns:
        What changed in the findings, and the states of the accounts looked at that are in question:
        neither released nor excluded.

    Raises:
        NotAllowed: the actor may not, for an organisation concerned.
        Refused: the case is not open, or was examined with newer evidence already.
    """
    with transaction.atomic():
        newest = locked(reference, actor).looks.aggregate(taken=Max("taken"))["taken"]
        if any(newest is not None and look.taken < newest for look in looks):
            raise Refused(Refusal(Code.OLDER_EVIDENCE, taken.snapshot))
        refreshed = take_findings(desk, actor, reference, taken, now)
        row = locked(reference, actor)
        before = frozen(row, {one.account for one in looks}).accounts
        seen = [look for look in looks if before.get(look.account, State.EXCLUDED) not in SETTLED]
        may(actor, Permission.CASE_EDIT, {desk.organisation_of(look.account) for look in seen})
        reported = set(row.reports.values_list("account", flat=True))
        states = {look.account: state_after(look, reported) for look in seen}
        _keep(desk, row, actor, states, seen, now)
        told = Counter(map(str, states.values()))
        deed = Deed("case.examined", actor, now, values={"snapshot": taken.snapshot, **told})
        record(desk, row.reference, deed, now)
        for state in State:
            accounts = [account for account, to in states.items() if to is state]
            if accounts:
                why = f"examined in snapshot {taken.snapshot}"
                move(desk, actor, row.reference, accounts, state, why, now)
    return refreshed, states


def doubts(reference: str, held_since: Mapping[str, Moment]) -> Mapping[str, Doubt]:
    """Tell why accounts are not proven clean, by account; those that are proven are left out.

    Args:
        reference: of the case that holds them.
        held_since: since when, by account.
    """
    row = found(reference, SYSTEM)
    case = frozen(row, held_since)
    looks = _last(row, held_since)
    reported, wrong = _reported(held_since), _wrong(held_since)
    told: dict[str, Doubt] = {}
    for account, since in held_since.items():
        look = looks.get(account)
        if account in reported:
            told[account] = Doubt.REPORTED
        elif account in wrong:
            told[account] = Doubt.WRONG_THERE
        elif look is None or not _is_cleared(case.accounts.get(account), look):
            told[account] = Doubt.NOT_CLEARED
        elif why := doubt(look, case.times, since):
            told[account] = why
    return told


def _is_cleared(state: State | None, look: Look) -> bool:
    """Tell whether an account is said to be cleared or repaired, and was by this very look."""
    return state in (State.CLEARED, State.REPAIRED) and state_after(look, ()) is state


def _reported(accounts: Collection[str]) -> set[str]:
    """Give those accounts whose holders reported mail that is not theirs, in any case."""
    return {
        account
        for some in chunks(accounts)
        for account in ReportRow.objects.filter(account__in=some).values_list("account", flat=True)
    }


def _wrong(accounts: Collection[str]) -> set[str]:
    """Give those accounts in which a case knows of mail that does not belong there."""
    return {
        account
        for some in chunks(accounts)
        for account in FindingRow.objects.filter(
            account__in=some, present=True, verdict__in=_WRONG
        ).values_list("account", flat=True)
    }


def _last(row: CaseRow, accounts: Collection[str]) -> dict[str, Look]:
    """Give the look at each account that has the newest evidence."""
    looks: dict[str, Look] = {}
    for some in chunks(accounts):
        for one in row.looks.filter(account__in=some).order_by("taken", "at", "pk"):
            looks[one.account] = look_of(one)
    return looks


def _keep(  # where, by whom, and what
    desk: Desk,
    row: CaseRow,
    actor: Actor,
    states: Mapping[str, State],
    looks: Sequence[Look],
    now: Moment,
) -> None:
    LookRow.objects.bulk_create(
        (LookRow(case=row, at=now, actor=actor.name, **look._asdict()) for look in looks),
        batch_size=100,
    )
    entries = [
        Entry(
            "account.looked-at",
            actor.name,
            case=row.reference,
            person=look.account,
            detail={**plain_look(look), "state": states[look.account]},
        )
        for look in looks
    ]
    desk.ledger.append(entries, now)
