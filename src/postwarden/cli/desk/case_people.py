"""`postwarden case people`: who is behind the accounts of a case."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from postwarden.cases import service as cases
from postwarden.cli.acting import As
from postwarden.cli.desk.seat import Seat, seat
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.vocabulary import PostwardenError
from postwarden.wiring import persons
from postwarden.words.cases import many


class NoPeople(PostwardenError):
    """postwarden.toml does not say where people are looked up."""


def people(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Reference of the case.")],
    look_up: Annotated[
        bool, typer.Option("--look-up", help="Ask the [people] source for those not known yet.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove what the case keeps of all of them.")
    ] = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Show the people behind the accounts of a case, as far as it keeps them."""
    with seat(config, who) as at:
        if look_up:
            _look_up(at, case)
        there = cases.kept_persons(at.who, case)
        if forget:
            accounts = [one.account for one in there]
            count = cases.forget_persons(at.desk, at.who, case, accounts, now())
            typer.echo(f"Removed what was kept of the people behind {many(count)}.")
            return
    table = Table("account", "person", "name", "language", "channel", box=None, pad_edge=False)
    for one in there:
        table.add_row(*map(visible, one))
    Console(highlight=False, markup=False).print(table)


def _look_up(at: Seat, case: str) -> None:
    source = persons(at.configuration)
    if source is None:
        raise NoPeople("postwarden.toml has no [people]: write where it is known who they are")
    found = source.of(cases.unknown_persons(at.who, case))
    cases.keep_persons(at.desk, at.who, case, found, now())
