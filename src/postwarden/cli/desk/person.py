"""`postwarden person`: those who work with Postwarden, their roles and their keys."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from postwarden.cli.acting import As, acting
from postwarden.cli.desk.person_roles import give, grant_of, roles_of, take
from postwarden.cli.desk.person_tokens import revoke, token, tokens
from postwarden.cli.desk.signing import public_half, sign
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.people.service import (
    Member,
    challenge,
    members,
)
from postwarden.people.service import add as add_member
from postwarden.people.service import enrol as enrol_key
from postwarden.people.service import invite as invite_member
from postwarden.people.service import retire as retire_member
from postwarden.people.service import revoke_key as revoke_key_of
from postwarden.wiring import ledger, recorder

app = typer.Typer(
    help="List, add and retire those who work with Postwarden, give and take roles, enrol keys, make tokens.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

app.command("give")(give)
app.command("take")(take)
app.command("token")(token)
app.command("tokens")(tokens)
app.command("revoke")(revoke)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Short and unique, such as anna.")]


@app.command("list")
def list_members(config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """List everybody with roles and keys; those who left are marked."""
    ledger(load(config))
    console = Console(highlight=False)
    found = members()
    if not found:
        console.print("Nobody yet. Next: postwarden person add NAME --role postmaster")
        return
    table = Table("name", "full name", "roles", "keys", box=None, pad_edge=False)
    for one in found:
        name = one.name if one.active else f"{one.name} (left)"
        table.add_row(*map(visible, (name, one.full_name, roles_of(one), _keys(one))))
    console.print(table)


@app.command("add")
def add(
    name: Name,
    role: Annotated[
        list[str],
        typer.Option(
            metavar="ROLE[@ORGANISATION]",
            help="postmaster, officer, counsel, helpdesk, auditor or reader; without an organisation,"
            " for all. May be given again.",
        ),
    ],
    full_name: Annotated[
        str | None, typer.Option(metavar="TEXT", help="For people; without it, the name.")
    ] = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Add somebody with their roles. The first one adds themselves, as postmaster or officer."""
    configuration = load(config)
    known = [one.name for one in configuration.organisations.every]
    grants = [grant_of(text, known, "--role") for text in role]
    book = ledger(configuration)
    added = add_member(name, full_name or name, grants, acting(who), recorder(book), now())
    typer.echo(f"Added {added.name}: {roles_of(added)}. Next: postwarden person enrol {added.name}")


@app.command("invite")
def invite(name: Name, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Print a link by which somebody sets a password for the console; it works once, for a day."""
    book = ledger(load(config))
    token = invite_member(name, acting(who), recorder(book), now())
    typer.echo(f"Give {name} this link below the console's address: /welcome/{token}/")


@app.command("enrol")
def enrol(
    name: Name,
    key: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="An ssh-ed25519 key; the .pub file alone where an SSH agent holds the other half.",
        ),
    ] = "~/.ssh/id_ed25519",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Enrol a personal key: what it signs counts as that person's approval."""
    book = ledger(load(config))
    public = public_half(key)
    signature = sign(challenge(name, public), key)
    enrolled = enrol_key(name, public, signature, acting(who), recorder(book), now())
    typer.echo(f"Enrolled {enrolled.fingerprint} for {name}.")


@app.command("revoke-key")
def revoke_key(
    name: Name,
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="Of the key, as `person list` has it.")
    ],
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Let a personal key count no more; `person revoke` does so for a token."""
    book = ledger(load(config))
    revoke_key_of(name, fingerprint, acting(who), recorder(book), now())
    typer.echo(f"{visible(fingerprint)} of {name} signs nothing any more.")


@app.command("retire")
def retire(name: Name, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Let somebody act no more; their keys count no more, what they did stays on record."""
    book = ledger(load(config))
    retire_member(name, acting(who), recorder(book), now())
    typer.echo(f"{name} acts no more.")


def _keys(one: Member) -> str:
    return ", ".join(
        key.fingerprint + ("" if key.revoked_at is None else " (revoked)") for key in one.keys
    )
