"""What the helpdesk may know of who calls: whether they are concerned, and what was done.

An answer is about one account alone: it names nobody else, and it counts mails and says nothing of them.
Every question is an entry of the ledger, sealed for the account asked about.
"""

from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Max

from postwarden.cases.desk import Desk
from postwarden.cases.errors import CaseError
from postwarden.cases.hiding import hidden
from postwarden.cases.models import AccountRow, CaseRow, FindingRow, PersonRow, ReportRow
from postwarden.cases.text import kept
from postwarden.cases.values import Kind, Stage, State
from postwarden.ledger.service import Entry
from postwarden.people.service import Member, Permission
from postwarden.vocabulary import Moment, from_rfc3339, normal, said

ASKED = "helpdesk.asked"
_WRONG = ("misdelivered", "crossed")
_DELIVERED = "copy.delivered"


class NotClear(CaseError):
    """It is not clear whom somebody means."""


class Astray(NamedTuple):
    """Mail of theirs that lay with others, as far as examinations found.

    Attributes:
        mails: how many.
        since: when the first one came.
        until: when the last one came.
        left: those that were still there when last looked.
    """

    mails: int
    since: Moment | None
    until: Moment | None
    left: int


class Concern(NamedTuple):
    """How a case concerns an account.

    Attributes:
        reference: of the case.
        kind: what happened.
        closed: nobody works on it any more.
        state: of the account; None where only mail of theirs is concerned.
        since: when it came to that.
        foreign: mails of others that lie with them.
        astray: theirs, with others.
        returned: mails that were brought to them.
        returned_at: when the last one was; None before the first.
    """

    reference: str
    kind: Kind
    closed: bool
    state: State | None
    since: Moment | None
    foreign: int
    astray: Astray
    returned: int
    returned_at: Moment | None


class Answer(NamedTuple):
    """What is known of one account.

    Attributes:
        account: its name, or an address that was asked about.
        concerns: by case, newest first; empty: nothing is known that concerns them.
        reports: how often they told of mail that is not theirs.
    """

    account: str
    concerns: tuple[Concern, ...]
    reports: int


class OpenCase(NamedTuple):
    """A case that reports can be added to: as little as it takes to choose one."""

    reference: str
    kind: Kind
    opened: Moment


def ask_helpdesk(desk: Desk, who: Member, text: str, now: Moment) -> Answer:
    """Answer about who calls; that it was asked is on record.

    Args:
        desk: what cases are worked on with.
        who: asks.
        text: an address, an account, or the name of a person as a case knows it.
        now: the present.

    Raises:
        NotAllowed: the actor does not help customers of the organisation that answers for it.
        NotClear: no account is known by that name, or several are. Which is not told.
    """
    away = hidden(who)
    account = _account(who, kept(text.strip()), away)
    who.allowed(Permission.HELPDESK_ASK, desk.organisation_of(account))
    reports = ReportRow.objects.filter(account=account).exclude(case__in=away)
    answer = Answer(account, _concerns(desk, account, away), reports.count())
    detail = {"concerned": bool(answer.concerns)}
    desk.ledger.note([Entry(ASKED, who.name, person=account, detail=detail)], now)
    return answer


def open_cases(who: Member) -> list[OpenCase]:
    """Give the open cases that somebody may add reports to, newest first."""
    there = who.organisations(Permission.REPORT_ADD)
    rows = CaseRow.objects.filter(stage=Stage.OPEN.value).exclude(pk__in=hidden(who))
    rows = rows.order_by("-opened", "-reference")
    return [
        OpenCase(row.reference, Kind(row.kind), row.opened)
        for row in rows
        if there is None or not there.isdisjoint(row.organisations)
    ]


def _account(who: Member, text: str, away: Collection[str]) -> str:
    """Give the account that is meant; of a person's name, the only one it can be."""
    if "@" in text:
        return normal(text)
    there = who.organisations(Permission.HELPDESK_ASK)
    theirs = AccountRow.objects.exclude(case__in=away)
    theirs = theirs if there is None else theirs.filter(organisation__in=there)
    if theirs.filter(account=normal(text)).exists():
        return normal(text)
    named = PersonRow.objects.filter(name__iexact=text).exclude(case__in=away).values("account")
    rows = theirs.filter(account__in=named)
    found = list(rows.values_list("account", flat=True).distinct()[:2])
    if len(found) != 1:
        raise NotClear(
            said(
                "no account is known by that name alone; ask for the address that they get mail at"
            )
        )
    return str(found[0])


def _concerns(desk: Desk, account: str, away: Collection[str]) -> tuple[Concern, ...]:
    own = {
        row.case_id: row
        for row in AccountRow.objects.filter(account=account).annotate(since=Max("steps__at"))
    }
    wrong = FindingRow.objects.filter(account=account, present=True, verdict__in=_WRONG)
    foreign = Counter(wrong.values_list("case_id", flat=True))
    astray = _astray(account)
    returned = _returned(desk, account) if own or astray else {}
    rows = CaseRow.objects.filter(pk__in={*own, *astray} - {*away}).order_by(
        "-opened", "-reference"
    )
    found = []
    for row in rows:
        there = own.get(row.pk)
        some = returned.get(row.pk, ())
        found.append(
            Concern(
                reference=row.reference,
                kind=Kind(row.kind),
                closed=row.stage != Stage.OPEN.value,
                state=None if there is None else State(there.state),
                since=None if there is None else there.since,
                foreign=foreign[row.pk],
                astray=astray.get(row.pk, Astray(0, None, None, 0)),
                returned=len(some),
                returned_at=max(some, default=None),
            )
        )
    return tuple(found)


def _astray(account: str) -> dict[str, Astray]:
    """Count what was meant for an account, or was sent to an address, and lay with others; by case."""
    rows = FindingRow.objects.filter(names__name=account, verdict__in=_WRONG)
    by_case: dict[str, list[tuple[bool, Moment | None]]] = {}
    for case, present, facts in rows.values_list("case_id", "present", "facts"):
        told = facts["delivered_at"] or facts["accepted_at"]
        at = None if told is None else from_rfc3339(told)
        by_case.setdefault(case, []).append((present, at))
    return {case: _counted(found) for case, found in by_case.items()}


def _counted(found: list[tuple[bool, Moment | None]]) -> Astray:
    times = [at for _, at in found if at is not None]
    left = sum(present for present, _ in found)
    return Astray(len(found), min(times, default=None), max(times, default=None), left)


def _returned(desk: Desk, account: str) -> dict[str, tuple[Moment, ...]]:
    """Give when mails were brought to an account, as the record has it; by case."""
    by_case: dict[str, tuple[Moment, ...]] = {}
    for one in desk.ledger.about(account, _DELIVERED):
        if one.case is not None and "detail" in one.facts:
            copies = one.facts["detail"]["copies"]
            by_case[one.case] = by_case.get(one.case, ()) + (one.at,) * len(copies)
    return by_case
