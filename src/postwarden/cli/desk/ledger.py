"""`postwarden ledger`: reading the record of what was done, and erasing from it."""

import json
from collections.abc import Callable
from typing import Annotated

import typer

from postwarden.cases import service as cases
from postwarden.cli.acting import As
from postwarden.cli.desk.ledger_words import as_document, line
from postwarden.cli.desk.seat import NotPossible, Seat, seat
from postwarden.cli.options import (
    DEFAULT_CONFIGURATION,
    ConfigurationFile,
    Since,
    Until,
    moment,
    now,
)
from postwarden.cli.output.hostile import visible
from postwarden.ledger.service import Wanted
from postwarden.people.service import Permission
from postwarden.vocabulary import normal

app = typer.Typer(
    help="Show the record of what was done, and erase from it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_KEPT = """\
Kept: each entry with its time, its act and its case, so that `postwarden verify` holds as before.
Not touched: plans, holds and cases outside the ledger, which name accounts in clear; and backups of the
database and of state/keys: what they hold can be read until they are gone."""


@app.command("show")
def show(
    case: Annotated[
        str | None, typer.Option(metavar="REF", help="Only of this case and those merged into it.")
    ] = None,
    since: Since = None,
    until: Until = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines for programs.")] = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Show entries of the ledger, newest last: who did what, on what, why and when.

    Only those about accounts of your organisations and, where they are about no account, about cases
    that concern these. Whose role holds for all organisations sees everything.
    """
    with seat(config, who) as at:
        sees = cases.sight(at.desk, at.who)
        wanted = Wanted(
            cases=None if case is None else _references(at, case),
            since=moment(since, "--since"),
            until=moment(until, "--until"),
        )
        for one in at.desk.ledger.entries(wanted):
            if sees(one):
                typer.echo(json.dumps(as_document(one)) if as_json else line(one))


@app.command("erase")
def erase(
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record; name nobody.")],
    case: Annotated[
        str | None, typer.Option(metavar="REF", help="What is sealed for this case.")
    ] = None,
    person: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="What is sealed for this account.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Make what the ledger says of a case or an account unreadable for ever; that is an entry, too.

    Their keys are destroyed; every proof holds. Needs a role that may erase for all organisations
    concerned.
    """
    if (case is None) == (person is None):
        raise typer.BadParameter("name either a case or an account", param_hint="--case, --person")
    with seat(config, who) as at:
        named, destroy = _account(at, person) if person is not None else _case(at, case or "")
        if not yes and not _meant(f"Erase for ever what the ledger says of {visible(named)}?"):
            typer.echo("Nothing was erased.")
            return
        count = destroy(reason)
    if count:
        typer.echo(f"Erased what the ledger says of {visible(named)}; keys destroyed: {count}.")
        typer.echo(_KEPT)
    else:
        typer.echo(f"The ledger has nothing to erase about {visible(named)}.")


def _references(at: Seat, name: str) -> tuple[str, ...]:
    """Give the references of a case that somebody may read."""
    return cases.references(cases.case_file(at.who, name).case.reference)


def _account(at: Seat, account: str) -> tuple[str, Callable[[str], int]]:
    """Give what is to be erased, for people, and what erases it for a reason; raise `NotAllowed`."""
    account = normal(account)
    at.who.allowed(Permission.LEDGER_ERASE, at.desk.organisation_of(account))
    ledger = at.desk.ledger
    return account, lambda why: ledger.erase_person(account, at.who.name, why, now())


def _case(at: Seat, name: str) -> tuple[str, Callable[[str], int]]:
    """Give the same of a case with those merged into it."""
    found = cases.case_file(at.who, name).case
    if found.reference != name:
        raise NotPossible(f"{name} is part of case {found.reference}; erase that one")
    for organisation in found.organisations:
        at.who.allowed(Permission.LEDGER_ERASE, organisation)
    references, ledger = cases.references(found.reference), at.desk.ledger

    def destroy(why: str) -> int:
        return sum(ledger.erase_case(one, at.who.name, why, now()) for one in references)

    return f"case {' and '.join(references)}", destroy


def _meant(question: str) -> bool:
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False
