"""A case a page at a time: as quick with 100,000 accounts as with ten.

Every answer costs the same number of queries, however much there is and however much is asked for.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from django.db.models import Count, Max, Model, Q, QuerySet

from postwarden.cases.comparing import Match
from postwarden.cases.counting import counted
from postwarden.cases.desk import Actor, Desk, may_for_one, seen
from postwarden.cases.hiding import entries_seen, hidden, parted
from postwarden.cases.keeping import chunks, found, frozen
from postwarden.cases.models import AccountRow, CaseRow, FindingRow, ReportRow, StepRow
from postwarden.cases.reporting import means
from postwarden.cases.values import Case, Stage, State
from postwarden.cases.views import TimelineEntry, ToldReport, entry_of, known_of, told_of, where
from postwarden.cases.withheld import withheld
from postwarden.people.service import Permission
from postwarden.vocabulary import Moment

_T = TypeVar("_T")
_M = TypeVar("_M", bound=Model)
_MOMENT = re.compile(r"([0-9]{1,18}) ([0-9]{1,18})")
MOST = 200
"""Rows of one page at most."""


class Asked(NamedTuple):
    """Which rows are wanted.

    Attributes:
        states: only accounts in one of these; empty: in any.
        search: only where this stands in the account's name.
        after: the key that the page before ended with; "", or what is none, for the first page.
        most: rows, at most `MOST`.
    """

    states: tuple[State, ...] = ()
    search: str = ""
    after: str = ""
    most: int = 25


class Page(NamedTuple, Generic[_T]):
    """Some rows, and the key that the next page comes after; "" where this was the last one."""

    rows: tuple[_T, ...]
    after: str


class Account(NamedTuple):
    """An account concerned.

    Attributes:
        account: its name.
        organisation: that answers for it.
        state: what is with it.
        since: when it came to that.
        wrong: findings of it that are there still.
    """

    account: str
    organisation: str
    state: State
    since: Moment | None
    wrong: int


class Head(NamedTuple):
    """A case without its rows: what it says of itself, and how many there are of what.

    Attributes:
        case: without accounts.
        states: how many accounts are in which state.
        findings: how many there are by verdict, those gone left out.
        entries: of the timeline.
        reports: of customers.
        restricted: it is there for people by name alone.
    """

    case: Case
    states: Mapping[State, int]
    findings: Mapping[str, int]
    entries: int
    reports: int
    restricted: bool

    @property
    def accounts(self) -> int:
        """How many accounts are concerned."""
        return sum(self.states.values())


def head(actor: Actor, name: str) -> Head:
    """Give what stands above a case's pages, of what concerns the actor's organisations.

    Raises:
        NoSuchCase: there is none of that name.
        NotAllowed: it concerns none of the actor's organisations.
    """
    row, away = _row(actor, name), hidden(actor)
    counts = counted(row, seen(actor, Permission.CASE_READ))
    return Head(
        case=parted(frozen(row, ()), away),
        states={**counts.states},
        findings={**counts.findings},
        entries=counts.entries if not away else entries_seen(row.entries.all(), away).count(),
        reports=_mine(actor, row.reports.all()).count(),
        restricted=row.restricted,
    )


def accounts(actor: Actor, name: str, asked: Asked) -> Page[Account]:
    """Give accounts concerned, by name. Raises as `head`."""
    row = _row(actor, name)
    rows = _fitting(actor, row, asked).filter(account__gt=asked.after)
    some = list(rows.order_by("account")[: _limit(asked) + 1])
    names = [one.account for one in some]
    steps = StepRow.objects.filter(account__in=[one.pk for one in some]).values_list("account")
    since = dict(steps.annotate(Max("at")))
    counted = row.findings.filter(present=True, account__in=names).values_list("account")
    wrong = dict(counted.annotate(Count("pk")))
    found_rows = tuple(
        Account(
            one.account,
            one.organisation,
            State(one.state),
            since.get(one.pk),
            wrong.get(one.account, 0),
        )
        for one in some
    )
    return _page(found_rows, asked, lambda one: one.account)


def every_account(actor: Actor, name: str, asked: Asked) -> tuple[str, ...]:
    """Give the names of all accounts that fit, by name, however many they are. Raises as `head`."""
    rows = _fitting(actor, _row(actor, name), asked)
    return tuple(rows.order_by("account").values_list("account", flat=True))


def _fitting(actor: Actor, row: CaseRow, asked: Asked) -> QuerySet[AccountRow]:
    rows = _mine(actor, row.accounts.all())
    if asked.states:
        rows = rows.filter(state__in=asked.states)
    if asked.search:
        rows = rows.filter(account__contains=asked.search.casefold())
    return rows


class Found(NamedTuple):
    """A finding as last seen.

    Attributes:
        finding: its id.
        account: in whose mailbox.
        organisation: that answers for it.
        verdict: as last seen.
        present: false once an examination no longer had it.
        facts: those of `verdicts.Finding`, others' addressees left out.
    """

    finding: str
    account: str
    organisation: str
    verdict: str
    present: bool
    facts: Mapping[str, Any]


def findings(desk: Desk, actor: Actor, name: str, asked: Asked) -> Page[Found]:
    """Give findings that are there still, by account, as `withheld` has them. Raises as `head`."""
    rows = findings_seen(actor, name)
    if asked.search:
        rows = rows.filter(account__contains=asked.search.casefold())
    if asked.after:
        account, _, finding = asked.after.rpartition(" ")
        rows = rows.filter(Q(account__gt=account) | Q(account=account, finding__gt=finding))
        rows = rows.filter(account__gte=account)  # which an index can begin with
    some = list(rows.order_by("account", "finding")[: _limit(asked) + 1])
    told = tuple(_found(desk, actor, one) for one in some)
    return _page(told, asked, lambda one: f"{one.account} {one.finding}")


def findings_seen(actor: Actor, name: str) -> QuerySet[FindingRow]:
    """Give the findings that are there still and that the actor may see. Raises as `head`."""
    return _mine(actor, _row(actor, name).findings.filter(present=True))


def some_findings(desk: Desk, actor: Actor, name: str, ids: Collection[str]) -> dict[str, Found]:
    """Give those of these findings that a case has and the actor may see, by id. Raises as `head`."""
    row = _row(actor, name)
    rows = _mine(actor, row.findings.filter(finding__in=list(ids)[:MOST]))
    return {one.finding: _found(desk, actor, one) for one in rows}


def _found(desk: Desk, actor: Actor, row: FindingRow) -> Found:
    found = Found(*(getattr(row, name) for name in Found._fields))
    return found._replace(facts=withheld(desk, actor, found.facts))


def timeline(actor: Actor, name: str, asked: Asked) -> Page[TimelineEntry]:
    """Give entries of the timeline, latest first; what is said of other organisations' accounts is not.

    Raises as `head`.
    """
    row = _row(actor, name)
    there = seen(actor, Permission.CASE_READ)
    rows = entries_seen(row.entries.all(), hidden(actor))
    if there is not None:
        mine = row.accounts.filter(organisation__in=there).values("account")
        rows = rows.filter(Q(account="") | Q(account__in=mine))
    after = _MOMENT.fullmatch(asked.after)
    if after:
        at, number = map(int, after.groups())
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=number))
    some = list(rows.order_by("-at", "-pk")[: _limit(asked) + 1])
    last = some[-2] if len(some) > _limit(asked) else None
    entries = tuple(entry_of(one) for one in some[: _limit(asked)])
    return Page(entries, "" if last is None else f"{last.at} {last.pk}")


class Reported(NamedTuple):
    """What a customer told, and the findings it may mean, by id."""

    report: ToldReport
    means: Mapping[str, Match]


def reports(actor: Actor, name: str, asked: Asked) -> Page[Reported]:
    """Give what customers told, by account. Raises as `head`."""
    row = _row(actor, name)
    rows = _mine(actor, row.reports.all())
    if asked.search:
        rows = rows.filter(account__contains=asked.search.casefold())
    if asked.after:
        account, _, label = asked.after.rpartition(" ")
        rows = rows.filter(Q(account__gt=account) | Q(account=account, label__gt=label))
    some = [told_of(one) for one in rows.order_by("account", "label")[: _limit(asked) + 1]]
    found = meant(some, row.findings.filter(present=True))
    told = tuple(Reported(one, found[one.label]) for one in some)
    return _page(told, asked, lambda one: f"{one.report.account} {one.report.label}")


def unmatched(actor: Actor) -> list[ToldReport]:
    """Give the reports in open cases that no finding explains yet, oldest first."""
    away = hidden(actor)
    rows = _mine(actor, ReportRow.objects.filter(case__stage=Stage.OPEN))
    rows = rows.exclude(case__in=away)
    some = [told_of(one) for one in rows.order_by("received", "label")]
    found = FindingRow.objects.filter(present=True, case__stage=Stage.OPEN)
    found = found.exclude(case__in=away)
    means = meant(some, found)
    return [one for one in some if not means[one.label]]


def meant(
    reports: Sequence[ToldReport], findings: QuerySet[FindingRow]
) -> dict[str, dict[str, Match]]:
    """Give which of these findings reports may mean, by label; in one query for each 500."""
    accounts = sorted({one.account for one in reports})
    wanted = [one for some in chunks(accounts) for one in findings.filter(account__in=some)]
    return means(reports, map(known_of, wanted))


def _row(actor: Actor, name: str) -> CaseRow:
    row = found(where(name), actor)
    may_for_one(actor, Permission.CASE_READ, row.organisations)
    return row


def _mine(actor: Actor, rows: QuerySet[_M]) -> QuerySet[_M]:
    there = seen(actor, Permission.CASE_READ)
    return rows if there is None else rows.filter(organisation__in=there)


def _limit(asked: Asked) -> int:
    return min(max(asked.most, 1), MOST)


def _page(rows: tuple[_T, ...], asked: Asked, key: Callable[[_T], str]) -> Page[_T]:
    some = rows[: _limit(asked)]
    return Page(some, key(some[-1]) if len(rows) > len(some) else "")
