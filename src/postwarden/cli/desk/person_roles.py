"""`postwarden person give|take`: roles of those who work here."""

from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from postwarden.cli.acting import As, acting
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.people.service import (
    EVERYWHERE,
    Grant,
    Member,
    Record,
    Role,
    give_role,
    member,
    take_role,
)
from postwarden.vocabulary import Moment
from postwarden.wiring import ledger, recorder

Change = Callable[[str, Grant, Member, Record, Moment], None]
Name = Annotated[str, typer.Argument(metavar="NAME", help="As `person add` named them.")]
OneRole = Annotated[
    str,
    typer.Argument(
        metavar="ROLE[@ORGANISATION]", help="Without an organisation, the role for all of them."
    ),
]


def give(
    name: Name, role: OneRole, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION
) -> None:
    """Give somebody one more role; it counts from their next request on."""
    _changed(give_role, name, role, who, config)


def take(
    name: Name, role: OneRole, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION
) -> None:
    """Take a role away from somebody; it bites on their next request."""
    _changed(take_role, name, role, who, config)


def grant_of(text: str, known: Sequence[str], hint: str) -> Grant:
    """Read a role as it is written; an organisation has to be one of those known."""
    role, at, organisation = text.partition("@")
    if at and organisation not in known:
        raise typer.BadParameter(
            f"{organisation} is no organisation of postwarden.toml; there are {', '.join(known)}",
            param_hint=hint,
        )
    try:
        return Grant(Role(role), organisation or EVERYWHERE)
    except ValueError:
        raise typer.BadParameter(
            f"{role} is no role; there are {', '.join(Role)}", param_hint=hint
        ) from None


def roles_of(one: Member) -> str:
    """Give somebody's roles as they are written."""
    return ", ".join(
        grant.role if grant.organisation == EVERYWHERE else f"{grant.role}@{grant.organisation}"
        for grant in one.grants
    )


def _changed(change: Change, name: str, role: str, who: str | None, config: str) -> None:
    configuration = load(config)
    known = [one.name for one in configuration.organisations.every]
    grant = grant_of(role, known, "ROLE")
    book = ledger(configuration)
    change(name, grant, member(acting(who)), recorder(book), now())
    left = roles_of(member(name)) or "no role"
    typer.echo(f"{visible(name)} has now: {left}.")
