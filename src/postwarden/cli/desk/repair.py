"""`postwarden plan`: putting misdelivered copies where they belong, by a plan that somebody else approves."""

import sys
import time
from collections import Counter
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cli.acting import As, acting
from postwarden.cli.desk.plans import Hash, approve, plans
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
from postwarden.cli.output.repair_progress import copy_progress
from postwarden.configuration import load
from postwarden.custody.service import Kind, Plan, Stage
from postwarden.people.service import Member, member
from postwarden.relocation.service import Outcome, RepairDesk, RestoreDesk
from postwarden.wiring import repair_desk, restore_desk
from postwarden.words.plans import not_possible
from postwarden.words.repairs import (
    abandoned_lines,
    copies,
    not_back_lines,
    outcome_lines,
    planned_lines,
    stuck_lines,
)

SOME_LEFT = 1
_PAUSE = 1.0  # seconds between two looks at a plan that somebody else carries out

app = typer.Typer(
    help="Plan a repair, have it approved, run it, stop it, go on with it or give it up.",
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
    from postwarden.drafting import Asked, drafted  # noqa: PLC0415  # loads the engine

    configuration = load(config)
    period = (moment(since, "--since"), moment(until, "--until"))
    desk = repair_desk(configuration, now)
    actor = member(acting(who))
    reference = cases.case_file(actor, case).case.reference
    wanted = Asked(reference, period, accounts(account), snapshot, clean, answered, lmtp)
    repairs, counted = drafted(configuration, desk, actor, wanted)
    with not_possible():
        frozen = desk.plan(reference, reason, repairs, counted, actor)
    for line in planned_lines(repairs):
        typer.echo(visible(line))
    typer.echo(f"Plan {frozen.hash[:12]} waits for approval.")
    typer.echo(f"Next: postwarden plan show {frozen.hash[:12]}")
    typer.echo(f"Then, by somebody else: postwarden plan approve {frozen.hash[:12]}")


@app.command("run")
def run(plan: Hash, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Carry an approved plan out, or go on with one that was stopped or cut off, until it is done.

    Ctrl-C leaves it to `postwarden worker`; `postwarden plan stop` stops it. Of a plan that is done it
    tells what became of it.
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
    """Stop a running plan at the next copies; `plan run`, or else `restore --plan`, goes on with it."""
    configuration = load(config)
    desk = repair_desk(configuration, now)
    actor: Member = member(acting(who))
    with not_possible():
        if _puts_back(desk.plans.get(plan)):
            restore = restore_desk(configuration, now).stop(plan, actor, reason)
            typer.echo(f"Stopped {restore.hash[:12]}, which puts copies back.")
            return
        stopped = desk.stop(plan, actor, reason)
    progress = desk.progress(stopped.hash)
    typer.echo(f"Stopped {stopped.hash[:12]}: {progress.done} of {progress.copies} copies done.")
    if progress.under_way:
        typer.echo(
            f"{copies(progress.under_way)} under way: those that are arriving come to their end within seconds,"
            " if somebody carries the plan out; `plan run` or `plan abandon` ends the others."
        )
    counts: Counter[Outcome] = Counter(dict(progress.outcomes))
    if counts[Outcome.NEEDS_PERSON]:
        typer.echo(f"{counts[Outcome.NEEDS_PERSON]} need a person.")


@app.command("decide")
def decide(
    plan: Hash,
    copy: Annotated[
        str,
        typer.Argument(metavar="ID", help="Of the copy that needs a person, as the plan has it."),
    ],
    arrived: Annotated[
        bool,
        typer.Option(
            "--arrived/--not-arrived",
            help="Whether those it was meant for have it; what is not there may be delivered.",
        ),
    ],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What you saw, for the record.")] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Say how it is with a copy that needs a person; the next `plan repair` goes by it."""
    configuration = load(config)
    actor = member(acting(who))
    desk: RepairDesk | RestoreDesk = repair_desk(configuration, now)
    then = "scan, examine, and plan a repair again"
    with not_possible():
        if _puts_back(desk.plans.get(plan)):
            desk = restore_desk(configuration, now)
            then = "what did not come back can be planned again by `postwarden restore --case`"
        found = desk.decide(plan, copy, actor, reason, arrived=arrived)
    typer.echo(f"Kept for plan {found.hash[:12]}. Next: {then}.")


@app.command("abandon")
def abandon(
    plan: Hash,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Give a plan up that has begun: copies it has not come to are left, and free for another plan.

    What is under way comes to a definite end first: taken back, or finished where somebody got it already.
    Exit status: 0 when all is at an end, 1 when some need a person or a store keeps some from it.
    """
    configuration = load(config)
    desk = repair_desk(configuration, now)
    actor = member(acting(who))
    with not_possible():
        if _puts_back(desk.plans.get(plan)):
            told = restore_desk(configuration, now).abandon(plan, actor, reason)
            typer.echo(f"Abandoned {plan[:12]}: {copies(told.done)} were put back before.")
            for line in not_back_lines(told):
                typer.echo(visible(line))
            if told.stuck:
                raise typer.Exit(SOME_LEFT)
            return
        given_up = desk.abandon(plan, actor, reason)
        desk.carry(given_up.hash)
    progress, stuck = desk.progress(given_up.hash), desk.stuck(given_up.hash)
    for line in abandoned_lines(progress, stuck):
        typer.echo(visible(line))
    if progress.done < progress.copies or progress.outcomes.get(Outcome.NEEDS_PERSON):
        raise typer.Exit(SOME_LEFT)


def _puts_back(plan: Plan) -> bool:
    return plan.kinds == {Kind.RESTORE}
