"""One account as all cases know it, and who looked at it."""

from collections import Counter
from collections.abc import Collection, Mapping
from itertools import islice
from typing import NamedTuple

from django.db.models import Count, Max

from postwarden.cases.desk import Desk, seen
from postwarden.cases.hiding import hidden
from postwarden.cases.listing import MOST, Asked, Page
from postwarden.cases.models import AccountRow, FindingRow, ReportRow
from postwarden.cases.record import told_to
from postwarden.cases.text import kept
from postwarden.cases.values import Kind, Stage, State
from postwarden.ledger.service import Entry
from postwarden.people.service import IDENTITY, Member, NotAllowed, Permission
from postwarden.vocabulary import Moment, normal, said

VIEWED = "account.viewed"
_ENTRIES = 100
"""Entries about an account that are shown, the latest."""


class Known(NamedTuple):
    """An account that cases concern."""

    account: str
    organisation: str
    cases: int


class Share(NamedTuple):
    """What one case has of an account.

    Attributes:
        reference: of the case.
        kind: what happened.
        title: of the case.
        stage: of the case.
        state: of the account in it.
        since: when it came to that.
        findings: that are there still, by verdict.
        reports: labels of what its holder told.
    """

    reference: str
    kind: Kind
    title: str
    stage: Stage
    state: State
    since: Moment | None
    findings: Mapping[str, int]
    reports: tuple[str, ...]


class Looked(NamedTuple):
    """An entry of the ledger about an account; `actor` is "" where the facts were erased."""

    at: Moment
    actor: str
    act: str
    case: str | None
    why: str


class Picture(NamedTuple):
    """All that is known of an account.

    Attributes:
        account: its name.
        organisation: that answers for it.
        parts: by case, newest first.
        looked: who did what, latest first; None where that is not for the reader.
    """

    account: str
    organisation: str
    parts: tuple[Share, ...]
    looked: tuple[Looked, ...] | None


def known_accounts(who: Member, asked: Asked) -> Page[Known]:
    """Give the accounts that cases concern, of organisations whose cases somebody may read, by name."""
    there = seen(who, Permission.CASE_READ)
    rows = AccountRow.objects.filter(account__gt=asked.after).exclude(case__in=hidden(who))
    rows = rows if there is None else rows.filter(organisation__in=there)
    if asked.search:
        rows = rows.filter(account__contains=asked.search.casefold())
    most = min(max(asked.most, 1), MOST)
    grouped = rows.values("account").annotate(Count("case"), Max("organisation"))
    some = [
        Known(one["account"], one["organisation__max"], one["case__count"])
        for one in grouped.order_by("account")[: most + 1]
    ]
    return Page(tuple(some[:most]), some[most - 1].account if len(some) > most else "")


def named_to(desk: Desk, who: Member, account: str) -> bool:
    """Tell whether somebody may be told an account's name that an address stands for.

    Cases of the organisation that answers for it are theirs to read, and it is not known by cases alone that
    are restricted to others.
    """
    there, away = seen(who, Permission.CASE_READ), hidden(who)
    if there is not None and desk.organisation_of(account) not in there:
        return False
    if not away:
        return True
    known = frozenset(AccountRow.objects.filter(account=account).values_list("case_id", flat=True))
    return not known or not known <= away


def picture(desk: Desk, who: Member, account: str, now: Moment) -> Picture:
    """Give all that is known of an account; that somebody looked is on record.

    Raises:
        NotAllowed: cases of the organisation that answers for it are not theirs to read, or it is the
            ledger's name for somebody who works here.
    """
    account = kept(normal(account))
    if account.startswith(IDENTITY):
        raise NotAllowed(said("{account}: is no account", account=account))
    organisation = desk.organisation_of(account)
    who.allowed(Permission.CASE_READ, organisation)
    looked, away = None, hidden(who)
    there = who.organisations(Permission.LEDGER_READ)
    if there is None or organisation in there:
        looked = tuple(_looked(desk, account, away))
    desk.ledger.note([Entry(VIEWED, who.name, person=account)], now)
    return Picture(account, organisation, _parts(account, away), looked)


def _parts(account: str, away: Collection[str]) -> tuple[Share, ...]:
    rows = AccountRow.objects.filter(account=account).exclude(case__in=away)
    rows = rows.select_related("case")
    rows = rows.annotate(since=Max("steps__at")).order_by("-case__opened", "-case_id")
    found = FindingRow.objects.filter(account=account, present=True)
    verdicts = Counter(found.values_list("case_id", "verdict"))
    reports = list(ReportRow.objects.filter(account=account).values_list("case_id", "label"))
    return tuple(
        Share(
            reference=row.case_id,
            kind=Kind(row.case.kind),
            title=row.case.title,
            stage=Stage(row.case.stage),
            state=State(row.state),
            since=row.since,
            findings={verdict: n for (case, verdict), n in verdicts.items() if case == row.case_id},
            reports=tuple(sorted(label for case, label in reports if case == row.case_id)),
        )
        for row in rows
    )


def _looked(desk: Desk, account: str, away: Collection[str]) -> list[Looked]:
    entries = islice(filter(told_to(desk, away), desk.ledger.about(account)), _ENTRIES)
    return [
        Looked(one.at, one.facts.get("actor", ""), one.act, one.case, str(one.facts.get("why", "")))
        for one in entries
    ]
