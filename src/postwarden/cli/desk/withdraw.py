"""`postwarden withdraw`: a plan taken back before it has begun."""

from typing import Annotated

import typer

from postwarden.cli.acting import As, acting
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.configuration import load
from postwarden.people.service import member
from postwarden.wiring import hold_desk
from postwarden.words.plans import not_possible

Hash = Annotated[str, typer.Argument(metavar="HASH", help="Of the plan, or the start of it.")]


def withdraw(
    plan: Hash,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Take a plan back that has not begun: its requester, or somebody who may approve it."""
    desk = hold_desk(load(config))
    actor = member(acting(who))
    with not_possible():
        taken = desk.plans.withdraw(plan, actor.name, reason, now())
    typer.echo(f"Plan {taken.hash[:12]} is withdrawn: nobody can approve it any more.")
