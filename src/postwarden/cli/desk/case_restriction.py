"""`postwarden case restrict|let-in|take-out|unrestrict|insiders`: cases for people by name."""

from typing import Annotated

import typer

from postwarden.cases import service as cases
from postwarden.cli.acting import As
from postwarden.cli.desk.seat import seat
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible

Case = Annotated[str, typer.Argument(metavar="CASE", help="Reference of the case.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `person add` named them.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="The reason, for the record.")]


def restrict(
    case: Case,
    why: Why,
    name: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="NAME", help="Knows of it, too; may be given again."),
    ] = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Let a case be there for you and those you name alone: to everybody else it is not there."""
    with seat(config, who) as at:
        cases.restrict_case(at.desk, at.who, case, name or (), why, now())
        there = cases.insiders(at.who, case) or ()
    typer.echo(f"{case} is there for {', '.join(there)} alone.")


def let_in(
    case: Case,
    name: Name,
    why: Why,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Let one more know of a restricted case, as far as their roles go."""
    with seat(config, who) as at:
        cases.let_in(at.desk, at.who, case, name, why, now())
    typer.echo(f"{case} is there for {visible(name)} too.")


def take_out(
    case: Case,
    name: Name,
    why: Why,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Let a restricted case be there for somebody no longer; never for the last one who could let others in."""
    with seat(config, who) as at:
        cases.take_out(at.desk, at.who, case, name, why, now())
    typer.echo(f"{case} is not there for {visible(name)} any more.")


def unrestrict(
    case: Case, why: Why, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION
) -> None:
    """Let a restricted case be there for all whose roles read it."""
    with seat(config, who) as at:
        cases.unrestrict_case(at.desk, at.who, case, why, now())
    typer.echo(f"{case} is there for all whose roles read it.")


def insiders(case: Case, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Say to whom a case is restricted, if it is."""
    with seat(config, who) as at:
        there = cases.insiders(at.who, case)
    if there is None:
        typer.echo(f"{case} is restricted to nobody.")
    else:
        typer.echo("\n".join(map(visible, there)))
