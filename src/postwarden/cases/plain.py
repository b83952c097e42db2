"""A case as programs read it: JSON values; times are RFC 3339 in UTC, null is not known."""

from typing import Any

from postwarden.cases.clearing import Look
from postwarden.cases.reporting import matches
from postwarden.cases.text import written
from postwarden.cases.values import Case, Task
from postwarden.cases.views import CaseFile, Concerned, KnownFinding, TimelineEntry, ToldReport

_LOOK_TIMES = ("taken", "since", "until", "logged_from", "logged_to")


def plain_case(case: Case) -> dict[str, Any]:
    """Give what a case says of itself."""
    return {
        "reference": case.reference,
        "kind": case.kind.value,
        "title": case.title,
        "stage": case.stage.value,
        "organisations": list(case.organisations),
        "severity": case.severity and case.severity.value,
        "lead": case.lead,
        "opened": written(case.opened),
        "times": {name: written(at) for name, at in case.times._asdict().items()},
        "responsible": [
            {"name": party.name, "cause": party.cause, "confidence": party.confidence.value}
            for party in case.parties
        ],
        "tasks": [_task(task) for task in case.tasks],
        "merged_into": case.merged_into,
        "split_from": case.split_from,
    }


def plain_file(file: CaseFile) -> dict[str, Any]:
    """Give a case with all that is in it."""
    means = matches(file)
    return {
        **plain_case(file.case),
        "merged": list(file.merged),
        "parts": list(file.parts),
        "accounts": [_account(one) for one in file.accounts],
        "reports": [
            {
                **_report(one),
                "matches": {name: str(sure) for name, sure in means[one.label].items()},
            }
            for one in file.reports
        ],
        "findings": [_finding(one) for one in file.findings],
        "examinations": [
            {
                "at": written(one.at),
                "actor": one.actor,
                "account": one.look.account,
                **plain_look(one.look),
            }
            for one in file.examinations
        ],
        "timeline": [_entry(one) for one in file.timeline],
    }


def plain_look(look: Look) -> dict[str, Any]:
    """Give what was looked at in an account; whose it is stands beside it."""
    told = {name: value for name, value in look._asdict().items() if name != "account"}
    return {**told, **{name: written(told[name]) for name in _LOOK_TIMES}}


def _task(task: Task) -> dict[str, Any]:
    return {
        "task": task.label,
        "work": task.work and task.work.value,
        "text": task.text,
        "done_by": task.done_by,
        "done_at": written(task.done_at),
    }


def _account(one: Concerned) -> dict[str, Any]:
    return {
        "account": one.account,
        "organisation": one.organisation,
        "state": one.state.value,
        "history": [
            {
                "at": written(step.at),
                "actor": step.actor,
                "state": step.state.value,
                "why": step.why,
            }
            for step in one.steps
        ],
    }


def _report(one: ToldReport) -> dict[str, Any]:
    return {
        "report": one.label,
        "account": one.account,
        "organisation": one.organisation,
        "received": written(one.received),
        "actor": one.actor,
        "message_id": one.message_id,
        "date": written(one.date),
        "sender": one.sender,
    }


def _finding(one: KnownFinding) -> dict[str, Any]:
    return {
        "copy": one.id,
        "account": one.account,
        "organisation": one.organisation,
        "verdict": one.verdict,
        "present": one.present,
        **one.facts,
        "history": [
            {
                "at": written(step.at),
                "snapshot": step.snapshot,
                "what": step.what,
                "verdict": step.verdict,
            }
            for step in one.steps
        ],
    }


def _entry(one: TimelineEntry) -> dict[str, Any]:
    return {
        "at": written(one.at),
        "written": written(one.written),
        "actor": one.actor,
        "act": one.act,
        "account": one.account or None,
        "text": one.text,
        "values": dict(one.values),
        "evidence": list(one.evidence),
    }
