"""`postwarden examine`: a verdict for every copy, with reasons."""

import io
import sys
from collections import Counter
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.acting import As
from postwarden.cli.options import (
    DEFAULT_CONFIGURATION,
    Accounts,
    ConfigurationFile,
    Since,
    SnapshotName,
    Until,
    accounts,
    moment,
)
from postwarden.cli.output.alternatives import print_fault
from postwarden.cli.output.csv import write_csv
from postwarden.cli.output.html import write_html
from postwarden.cli.output.jsonl import write_jsonl
from postwarden.cli.output.text import print_text
from postwarden.configuration import Configuration, load
from postwarden.maps import Comparison, compare, kept_entries
from postwarden.opened import Opened, opened
from postwarden.verdicts.service import (
    Background,
    Examination,
    FaultReport,
    Finding,
    Question,
    fault_report,
    summarise,
)

SOME_WRONG = 1


class Format(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSONL = "jsonl"
    CSV = "csv"
    HTML = "html"


def examine(  # noqa: PLR0913, PLR0917  # the options of the command
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
    since: Since = None,
    until: Until = None,
    account: Accounts = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="The wrong map that was live; may be given again."),
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="How to print.")] = Format.TEXT,
    everything: Annotated[
        bool, typer.Option("--all", help="Print rightful and own copies too.")
    ] = False,
    snapshot: SnapshotName = None,
    case: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="Mark the accounts of this case examined, cleared or to be repaired, and record what"
            " was looked at; since 10 minutes before it occurred, without --since.",
        ),
    ] = None,
    who: As = None,
) -> None:
    """Say which copies lie in the wrong mailbox, whose they are, who has seen them, and why.

    Of messages accepted within --since and --until, or while the case occurred, it also says whom a wrong
    map left out: members of a group of whom nobody tried to give them what others of it got.

    Exit status: 0 when no copy is misdelivered or crossed and nobody left out, 1 when some are, 2 when it
    could not run.
    """
    configuration = load(config)
    period = (moment(since, "--since"), moment(until, "--until"))
    question = Question(
        *period,
        accounts=accounts(account),
        everything=everything,
        fault=None if period == (None, None) else period,
    )
    if case is not None:
        from postwarden.cli.desk import case_examination  # noqa: PLC0415  # it sets Django up

        question = case_examination.asked(config, who, case, question)
    with opened(configuration, snapshot) as evidence:
        evidence.must_hold(question.accounts)
        comparison = (
            compare(configuration, kept_entries(evidence.engine, configuration), fault)
            if fault
            else None
        )
        examination = evidence.examination(configuration)
        findings = sorted(examination.findings(question), key=_order)
        report = _fault(configuration, evidence, comparison, findings)
        _print(output, configuration, evidence, examination, question, findings, report)
        if case is not None:
            from postwarden.examining import Examined  # noqa: PLC0415  # likewise

            done = Examined(evidence, question, examination.coverage, tuple(findings))
            case_examination.keep(config, who, case, done)
    if any(finding.wrong or finding.leaves_out for finding in findings):
        raise typer.Exit(SOME_WRONG)


def _order(finding: Finding) -> tuple[int, str, str, str]:
    return finding.delivered_at or 0, finding.account, finding.folder or "", finding.id


def _fault(
    configuration: Configuration,
    evidence: Opened,
    comparison: Comparison | None,
    findings: list[Finding],
) -> FaultReport | None:
    if comparison is None:
        return None
    observed = evidence.originals()
    changed = comparison.changes(configuration, observed)
    return fault_report(changed, findings, comparison.accounts())


def _print(  # what a report is drawn from
    output: Format,
    configuration: Configuration,
    evidence: Opened,
    examination: Examination,
    question: Question,
    findings: list[Finding],
    report: FaultReport | None,
) -> None:
    zone = configuration.provider.zone
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    if output is Format.JSONL:
        write_jsonl(findings, sys.stdout, report)
        return
    if output is Format.CSV:
        write_csv(findings, sys.stdout)
        return
    background = _background(configuration, evidence, examination, question)
    summary = summarise(findings, background, zone)
    if output is Format.HTML:
        write_html(summary, findings, sys.stdout, zone, report)
        return
    console = Console(highlight=False)
    if report is not None:
        print_fault(report, console)
    print_text(summary, findings, console, zone)


def _background(
    configuration: Configuration,
    evidence: Opened,
    examination: Examination,
    question: Question,
) -> Background:
    manifest = evidence.manifest
    return Background(
        provider=configuration.provider.name,
        snapshot=manifest.name,
        purpose=manifest.purpose,
        taken=manifest.taken,
        since=question.since,
        until=question.until,
        right=examination.right(),
        gaps=examination.coverage.gaps,
        spans=examination.coverage.spans,
        problems=Counter(evidence.problems()),
    )
