"""The one door of this room: what other rooms may use of it."""

from postwarden.verdicts.alternatives import (
    Change,
    Concern,
    ConcernedAccount,
    FaultReport,
    changes,
    explaining,
    fault_report,
    keys_of,
    replaced,
    resolver_of,
)
from postwarden.verdicts.concerned import Flow, Holder, NextAct, Opened, Owner
from postwarden.verdicts.coverage import Coverage
from postwarden.verdicts.deliveries import base_name
from postwarden.verdicts.examination import Examination, Installation, Question
from postwarden.verdicts.exposure import Exposure
from postwarden.verdicts.facts import Citation, Reason, Verdict
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.repairs import NO_REPAIRS, Repairs
from postwarden.verdicts.summary import Background, LogCoverage, Summary, summarise, weightiest
from postwarden.verdicts.timeline import Bucket, Timeline, timeline

__all__ = [
    "NO_REPAIRS",
    "Background",
    "Bucket",
    "Change",
    "Citation",
    "Concern",
    "ConcernedAccount",
    "Coverage",
    "Examination",
    "Exposure",
    "FaultReport",
    "Finding",
    "Flow",
    "Holder",
    "Installation",
    "LogCoverage",
    "NextAct",
    "Opened",
    "Owner",
    "Question",
    "Reason",
    "Repairs",
    "Summary",
    "Timeline",
    "Verdict",
    "base_name",
    "changes",
    "explaining",
    "fault_report",
    "keys_of",
    "replaced",
    "resolver_of",
    "summarise",
    "timeline",
    "weightiest",
]
