"""What customers tell: "this mail is not mine"."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction

from postwarden.cases.comparing import Mail, Match, match
from postwarden.cases.desk import Actor, Desk, may, may_for_one
from postwarden.cases.keeping import Deed, decided, frozen, locked, save
from postwarden.cases.models import ReportRow
from postwarden.cases.naming import account_of
from postwarden.cases.rules import Report, decide, report_label
from postwarden.cases.text import kept
from postwarden.cases.views import CaseFile, KnownFinding, ToldReport
from postwarden.people.service import Permission
from postwarden.vocabulary import Moment, from_rfc3339, normal

_RIGHT = "rightful"


@dataclass(frozen=True, slots=True)
class Telling:
    """What a customer tells.

    Attributes:
        account: theirs.
        received: when they told.
        message_id: of the mail, where they can say it.
        date: of the mail, as far as they know.
        sender: of the mail, likewise.
    """

    account: str
    received: Moment
    message_id: str | None = None
    date: Moment | None = None
    sender: str | None = None


def add_report(desk: Desk, actor: Actor, reference: str, telling: Telling, now: Moment) -> str:
    """Note what a customer told; the first one is when the case was detected. Give its label.

    Raises:
        NotAllowed: the actor takes no reports of this account's organisation, or of none that the case
            concerns.
        NoSuchCase: there is no such case.
        Refused: the case is not open, or the report would come from the future.
    """
    told = _cleaned(telling)
    organisation = desk.organisation_of(told.account)
    may(actor, Permission.REPORT_ADD, [organisation])
    with transaction.atomic():
        row = locked(reference, actor)
        may_for_one(actor, Permission.REPORT_ADD, row.organisations)
        before = frozen(row, [told.account])
        after = decided(decide(before, Report(told.account, told.received, organisation), now))
        row.reports_named += 1
        row.save(update_fields=["reports_named"])
        label = report_label(row.reference, row.reports_named)
        mail = {"message_id": told.message_id, "date": told.date, "sender": told.sender}
        ReportRow.objects.create(
            label=label,
            case=row,
            account=told.account,
            organisation=organisation,
            received=told.received,
            actor=actor.name,
            **mail,
        )
        values = {"report": label, **mail}
        deed = Deed("report.received", actor, told.received, told.account, values=values)
        save(desk, before, after, deed, now)
    return label


def matches(file: CaseFile) -> dict[str, dict[str, Match]]:
    """Give, for each report by label, the findings by id that it may mean: of copies not right there."""
    return means(file.reports, file.findings)


def means(
    reports: Iterable[ToldReport], findings: Iterable[KnownFinding]
) -> dict[str, dict[str, Match]]:
    """Give the same of these reports and findings."""
    found: dict[str, list[KnownFinding]] = {}
    for finding in (one for one in findings if one.verdict != _RIGHT):
        found.setdefault(finding.account, []).append(finding)
    return {
        report.label: {
            finding.id: sure
            for finding in found.get(report.account, ())
            if (sure := match(_told(report), _found(finding))) is not None
        }
        for report in reports
    }


def _told(report: ToldReport) -> Mail:
    return Mail(report.account, report.message_id, report.date, report.sender)


def _found(finding: KnownFinding) -> Mail:
    facts = finding.facts
    at = facts["delivered_at"] or facts["accepted_at"]
    date = None if at is None else from_rfc3339(at)
    return Mail(finding.account, facts["message_id"], date, facts["sender"])


def _cleaned(telling: Telling) -> Telling:
    return replace(
        telling,
        account=account_of(telling.account),
        message_id=telling.message_id and kept(telling.message_id.strip()),
        sender=telling.sender and kept(normal(telling.sender)),
    )
