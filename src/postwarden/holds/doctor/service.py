"""The one door of the doctor; `settings` and what is pure are beside it."""

from postwarden.holds.doctor.drill import Drill
from postwarden.holds.doctor.examination import Examination, Servers
from postwarden.holds.doctor.facts import (
    DovecotFacts,
    Passdb,
    PostfixFacts,
    ProjectionFacts,
    SmtpService,
)
from postwarden.holds.doctor.findings import Code, Finding, Level, told
from postwarden.holds.doctor.ports import Clients, Mailboxes, Queue, Session
from postwarden.holds.doctor.rules import (
    dovecot_findings,
    is_loopback,
    never_covered,
    postfix_findings,
    projection_findings,
    takes_logins,
)
from postwarden.holds.doctor.settings import DoctorSettings, Door, Protocol
from postwarden.holds.doctor.steps import Answer, Attempt, Outcome, Stage, Step, verdict

__all__ = [
    "Answer",
    "Attempt",
    "Clients",
    "Code",
    "DoctorSettings",
    "Door",
    "DovecotFacts",
    "Drill",
    "Examination",
    "Finding",
    "Level",
    "Mailboxes",
    "Outcome",
    "Passdb",
    "PostfixFacts",
    "ProjectionFacts",
    "Protocol",
    "Queue",
    "Servers",
    "Session",
    "SmtpService",
    "Stage",
    "Step",
    "dovecot_findings",
    "is_loopback",
    "never_covered",
    "postfix_findings",
    "projection_findings",
    "takes_logins",
    "told",
    "verdict",
]
