"""The codes of the rooms in readers' words."""

from collections.abc import Mapping
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postwarden.cases.service import Confidence, Due, Kind, Match, Severity, Stage, State
from postwarden.custody.service import Stage as PlanStage
from postwarden.errands.service import Kind as WorkKind
from postwarden.errands.service import Stage as WorkStage
from postwarden.people.service import Role

KINDS: Mapping[Kind, Promise] = {
    Kind.MISDELIVERY: _("Misdelivery"),
    Kind.OUTAGE: _("Outage"),
    Kind.MISDISPATCH: _("Mail sent that should not have been"),
    Kind.IMPERSONATION: _("Abuse of a name"),
}
STAGES: Mapping[Stage, Promise] = {
    Stage.OPEN: _("open"),
    Stage.CLOSED: _("closed"),
    Stage.MERGED: _("part of another case"),
}
SEVERITIES: Mapping[Severity, Promise] = {
    Severity.LOW: _("low"),
    Severity.MEDIUM: _("medium"),
    Severity.HIGH: _("high"),
    Severity.VERY_HIGH: _("very high"),
}
CONFIDENCE: Mapping[Confidence, Promise] = {
    Confidence.UNKNOWN: _("not known"),
    Confidence.LIKELY: _("likely"),
    Confidence.CERTAIN: _("certain"),
}
STATES: Mapping[State, Promise] = {
    State.SUSPECTED: _("suspected"),
    State.HELD: _("held"),
    State.EXAMINED: _("examined"),
    State.CLEARED: _("clear"),
    State.TO_REPAIR: _("to be repaired"),
    State.REPAIRED: _("repaired"),
    State.RELEASED: _("released"),
    State.EXCLUDED: _("not concerned"),
}
MEANING: Mapping[State, str] = {
    State.SUSPECTED: "unknown",
    State.HELD: "waiting",
    State.EXAMINED: "waiting",
    State.CLEARED: "settled",
    State.TO_REPAIR: "wrong",
    State.REPAIRED: "settled",
    State.RELEASED: "settled",
    State.EXCLUDED: "unknown",
}
"""Which of the four meanings a state has: settled, waiting, wrong, unknown."""
PLAN_STAGES: Mapping[PlanStage, Promise] = {
    PlanStage.FROZEN: _("waits for approval"),
    PlanStage.APPROVED: _("approved"),
    PlanStage.RUNNING: _("running"),
    PlanStage.DONE: _("done"),
    PlanStage.STOPPED: _("stopped"),
    PlanStage.WITHDRAWN: _("withdrawn"),
    PlanStage.ABANDONED: _("given up"),
}
PLAN_MEANING: Mapping[PlanStage, str] = {
    PlanStage.FROZEN: "waiting",
    PlanStage.APPROVED: "waiting",
    PlanStage.RUNNING: "waiting",
    PlanStage.DONE: "settled",
    PlanStage.STOPPED: "wrong",
    PlanStage.WITHDRAWN: "unknown",
    PlanStage.ABANDONED: "unknown",
}


ROLES: Mapping[Role, Promise] = {
    Role.POSTMASTER: _("postmaster"),
    Role.OFFICER: _("data-protection officer"),
    Role.COUNSEL: _("legal counsel"),
    Role.HELPDESK: _("helpdesk"),
    Role.AUDITOR: _("auditor"),
    Role.READER: _("reader"),
}


class Sign(NamedTuple):
    """How an act of a plan is shown."""

    mark: str
    words: Promise


SIGNS: Mapping[str, Sign] = {
    "move": Sign("\N{RIGHTWARDS ARROW}", _("move")),
    "remove": Sign("\N{MINUS SIGN}", _("into quarantine")),
    "keep": Sign("+", _("stays, and goes to")),
    "leave": Sign("=", _("leave")),
    "hold": Sign("+", _("hold")),
    "release": Sign("\N{MINUS SIGN}", _("release")),
    "other": Sign("+", _("put back")),
}


VERDICTS: Mapping[str, Promise] = {
    "misdelivered": _("misdelivered"),
    "crossed": _("another message's content"),
    "unexplained": _("unexplained"),
    "rightful": _("right"),
    "own": _("their own"),
}
VERDICT_MEANING: Mapping[str, str] = {
    "misdelivered": "wrong",
    "crossed": "wrong",
    "unexplained": "unknown",
    "rightful": "settled",
    "own": "settled",
}
MATCHES: Mapping[Match, Promise] = {
    Match.SURE: _("surely"),
    Match.POSSIBLE: _("possibly"),
}
DUE: Mapping[Due, Promise] = {
    Due.AUTHORITY: _("First report to the authority"),
}


class Pill(NamedTuple):
    """A state as it is shown: which of the four meanings it has, and its words."""

    meaning: str
    words: Promise


DOCTOR: Mapping[str, Pill] = {
    "proven": Pill("settled", _("held means held")),
    "warning": Pill("waiting", _("held means held, with warnings")),
    "fault": Pill("wrong", _("held is not held everywhere")),
    "unproven": Pill("unknown", _("not proven")),
}


WORK: Mapping[WorkKind, Promise] = {
    WorkKind.SCAN: _("Taking a snapshot"),
    WorkKind.EXAMINATION: _("Examining the case"),
    WorkKind.PLANNING: _("Planning a repair"),
}
WORK_STOPS: Mapping[WorkKind, Promise] = {
    WorkKind.SCAN: _("Stop the scan"),
    WorkKind.EXAMINATION: _("Stop the examination"),
    WorkKind.PLANNING: _("Stop planning"),
}
WORK_STAGES: Mapping[WorkStage, Pill] = {
    WorkStage.WAITING: Pill("waiting", _("waits for the worker")),
    WorkStage.RUNNING: Pill("waiting", _("running")),
    WorkStage.DONE: Pill("settled", _("done")),
    WorkStage.STOPPED: Pill("unknown", _("stopped")),
    WorkStage.FAILED: Pill("wrong", _("failed")),
}
WORK_STEPS: Mapping[str, Promise] = {
    "directory": _("reading the directory"),
    "logs": _("reading the logs"),
    "examining": _("judging the mail"),
    "freezing": _("freezing the plan"),
}
"""Any other step of a scan is the store that it reads."""
