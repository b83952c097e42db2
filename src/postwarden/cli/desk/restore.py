"""`postwarden restore`: putting copies back from quarantine into the mailboxes they were taken out of."""

import os
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cli.acting import As, acting
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.cli.output.repair_progress import copy_progress
from postwarden.configuration import load
from postwarden.custody.quarantine.identities import identities_in
from postwarden.custody.service import Stage
from postwarden.people.service import Member, member
from postwarden.relocation.service import Restored, RestoreDesk
from postwarden.wiring import restore_desk
from postwarden.words.plans import not_possible, stopped
from postwarden.words.repairs import copies, not_back_lines

SOME_LEFT = 1


def restore(  # the options of the command
    case: Annotated[
        str | None, typer.Option(metavar="REF", help="Plan to put back what repairs of it took.")
    ] = None,
    copy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Only this copy, as `plan show` or `quarantine list` names it, whatever became of it; again.",
        ),
    ] = None,
    plan: Annotated[
        str | None,
        typer.Option(metavar="HASH", help="Carry this plan out, which somebody else approved."),
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The private key that opens the quarantine."),
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Plan to put copies back from quarantine, and with its key carry such a plan out.

    They come back as they were: the same bytes, date and flags, in the folder they lay in. With --case:
    freeze a plan, which somebody else approves. With --plan: carry it out; that needs the quarantine's
    private key, and is asked for where --identity does not name its file. What the repair delivered to
    others stays with them.
    """
    if (plan is None) == (case is None):
        raise typer.BadParameter("name a case to plan for, or else a plan to carry out")
    desk = restore_desk(load(config), now)
    actor = member(acting(who))
    with not_possible():
        if plan is not None:
            _tell(_carried(desk, plan, identity, actor))
        elif case is not None:
            _planned(desk, case, copy or [], reason, actor)


def _planned(desk: RestoreDesk, case: str, some: list[str], reason: str, who: Member) -> None:
    reference = cases.case_file(who, case).case.reference
    frozen = desk.plan(reference, some, reason, who)
    start = frozen.hash[:12]
    typer.echo(f"To be put back: {copies(len(frozen.acts))}. Plan {start} waits for approval.")
    typer.echo(f"Next, by somebody else: postwarden plan approve {start}")
    typer.echo(f"Then: postwarden restore --plan {start} --identity FILE")


def _carried(desk: RestoreDesk, plan: str, identity: str | None, who: Member) -> Restored:
    file = identity or typer.prompt("File with the quarantine's private key")
    identities = identities_in(os.path.expanduser(file))
    total = len(desk.plans.get(plan).acts)
    with copy_progress(Console(stderr=True, highlight=False), total) as report:
        return desk.run(plan, identities, who, report)


def _tell(restored: Restored) -> None:
    typer.echo(f"{copies(restored.done)} put back.")
    for line in not_back_lines(restored):
        typer.echo(visible(line))
    if restored.stage is Stage.STOPPED:
        typer.echo(visible(stopped(restored.stopped, "postwarden restore --plan")))
    if restored.stuck or restored.stage is not Stage.DONE:
        raise typer.Exit(SOME_LEFT)
