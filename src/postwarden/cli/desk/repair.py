"""`postwarden plan`: putting misdelivered copies where they belong, by a plan that somebody else approves."""

import sys
import time
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cli.acting import As, acting
from postwarden.cli.desk.case_examination import asked
from postwarden.cli.desk.plan_words import not_possible
from postwarden.cli.desk.plans import Hash, approve, plans
from postwarden.cli.desk.repair_words import outcome_lines, planned_lines, stuck_lines
from postwarden.cli.opened import opened
from postwarden.cli.options import (
    DEFAULT_CONFIGURATION,
    Accounts,
    ConfigurationFile,
    Since,
    SnapshotName,
    Until,
    accounts,
    moment,
    now,
)
from postwarden.cli.output.hostile import visible
from postwarden.cli.output.progress import copy_progress
from postwarden.configuration import Configuration, load
from postwarden.custody.service import Plan, Stage
from postwarden.evidence.service import Mailboxes
from postwarden.people.service import Member, member
from postwarden.relocation.drafting.service import (
    Surroundings,
    Wish,
    candidates,
    count,
    plan,
    stores_of,
)
from postwarden.relocation.service import (
    BY_FILTER,
    INBOX,
    Counted,
    Outcome,
    Repair,
    RepairDesk,
    Seen,
)
from postwarden.verdicts.service import Question
from postwarden.wiring import hold_desk, repair_desk

SOME_LEFT = 1
_PAUSE = 1.0  # seconds between two looks at a plan that somebody else carries out

app = typer.Typer(
    help="Plan a repair, have it approved, run it, stop it and go on with it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
app.command("approve")(approve)


@app.command("show")
def show(
    plan: Annotated[
        str | None, typer.Argument(metavar="HASH", help="Show this plan with all its acts.")
    ] = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """List plans as `postwarden plans` does, or show one; of a repair that has begun, what became of it.

    What became of it is shown to those who may read of every account in it.
    """
    plans(plan, who, config)
    if plan is None:
        return
    desk = repair_desk(load(config), now)
    with not_possible():
        seen = desk.plans.shown(plan, member(acting(who)))
    found = seen.plan
    if len(seen.acts) == len(found.acts) and desk.has_begun(found):
        for line in (
            *outcome_lines(desk.progress(found.hash)),
            *stuck_lines(desk.stuck(found.hash)),
        ):
            typer.echo(visible(line))


@app.command("repair")
def repair(  # noqa: PLR0913, PLR0917  # the options of the command
    case: Annotated[str, typer.Option(metavar="REF", help="The case.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    account: Accounts = None,
    since: Since = None,
    until: Until = None,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Deliver without what the trace says of the wrong mailbox; else as it is stored.",
        ),
    ] = False,
    answered: Annotated[
        bool,
        typer.Option("--answered", help="Take copies away, too, that their holder has answered."),
    ] = False,
    lmtp: Annotated[
        bool,
        typer.Option(
            "--lmtp",
            help="Deliver by LMTP to accounts that no other way leads to: it changes header and date.",
        ),
    ] = False,
    snapshot: SnapshotName = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Freeze a plan that says of each wrong copy what happens to it; nothing is done yet.

    Exit status: 0 when a plan waits for approval, 2 when there is nothing that a plan could put right.
    """
    configuration = load(config)
    question = Question(moment(since, "--since"), moment(until, "--until"), accounts(account))
    question = asked(config, who, case, question)
    desk = repair_desk(configuration, now)
    actor = member(acting(who))
    reference = cases.case_file(actor, case).case.reference
    folder = BY_FILTER if configuration.relocation.by_filter else INBOX
    wish = Wish(folder=folder, clean=clean, answered=answered, by_lmtp=lmtp)
    named = question.accounts or tuple(cases.case_file(actor, case).case.accounts)
    repairs, counted = _repairs(
        configuration, desk, replace(question, accounts=named), wish, snapshot
    )
    with not_possible():
        frozen = desk.plan(reference, reason, repairs, counted, actor)
    for line in planned_lines(repairs):
        typer.echo(visible(line))
    typer.echo(f"Plan {frozen.hash[:12]} waits for approval.")
    typer.echo(f"Next: postwarden plan show {frozen.hash[:12]}")
    typer.echo(f"Then, by somebody else: postwarden plan approve {frozen.hash[:12]}")


def _repairs(
    configuration: Configuration,
    desk: RepairDesk,
    question: Question,
    wish: Wish,
    snapshot: str | None,
) -> tuple[list[Repair], Counted]:
    """Examine everything that these accounts have in the window, and say what is to be done about it."""
    with opened(configuration, snapshot) as evidence:
        held = Mailboxes(evidence.engine).among(question.accounts)
        question = replace(question, accounts=tuple(sorted(held)), everything=True)
        examination = evidence.examination(configuration)
        found = list(examination.findings(question)) if held else []
        some = candidates(evidence.engine, examination, found)
        digest = sha256(evidence.manifest.to_json().encode()).hexdigest()
        seen = Seen(evidence.manifest.name, digest, question.since, question.until)
    wanted = {
        (account, one.finding.store or "") for one in some for account in one.finding.rightful
    }
    preserved = hold_desk(configuration).preserved([one.finding.account for one in some])
    routes = desk.outside.routes
    stores = stores_of(routes, wanted, by_lmtp=wish.by_lmtp)
    around = Surroundings(preserved, stores, frozenset(routes))
    repairs = plan(some, around, wish)
    return repairs, count(seen, found, repairs)


@app.command("run")
def run(plan: Hash, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Carry an approved plan out, or go on with one that was stopped or cut off, until it is done.

    Ctrl-C leaves it to `postwarden worker`; `postwarden plan stop` stops it.
    Exit status: 0 when every copy is where it belongs, 1 when some were left or need a person.
    """
    desk = repair_desk(load(config), now)
    actor = member(acting(who))
    with not_possible():
        running = desk.run(plan, actor)
        _follow(desk, running)
    progress = desk.progress(running.hash)
    stuck = desk.stuck(running.hash)
    for line in (*outcome_lines(progress), *stuck_lines(stuck)):
        typer.echo(visible(line))
    if stuck or progress.stage is not Stage.DONE:
        raise typer.Exit(SOME_LEFT)


def _follow(desk: RepairDesk, running: Plan) -> None:
    """Carry the plan out, or watch whoever does, until it is at its end or stopped."""
    told = ""
    with copy_progress(Console(stderr=True, highlight=False), len(running.acts)) as report:

        def tell() -> None:
            report(desk.progress(running.hash).done)

        while (progress := desk.progress(running.hash)).stage is Stage.RUNNING:
            report(progress.done)
            if progress.trouble != told and (told := progress.trouble):
                sys.stderr.write(f"{visible(told)}; it will be tried again\n")
            if not desk.carry(running.hash, tell):
                time.sleep(_PAUSE)


@app.command("stop")
def stop(
    plan: Hash,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Stop a running plan at the next copies; `postwarden plan run` goes on with it."""
    desk = repair_desk(load(config), now)
    actor: Member = member(acting(who))
    with not_possible():
        stopped = desk.stop(plan, actor, reason)
    progress = desk.progress(stopped.hash)
    typer.echo(f"Stopped {stopped.hash[:12]}: {progress.done} of {progress.copies} copies done.")
    counts: Counter[Outcome] = Counter(dict(progress.outcomes))
    if counts[Outcome.NEEDS_PERSON]:
        typer.echo(f"{counts[Outcome.NEEDS_PERSON]} need a person.")
