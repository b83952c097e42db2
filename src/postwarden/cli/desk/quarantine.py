"""`postwarden quarantine`: what was taken out of mailboxes, and who can open it."""

import os
from typing import Annotated

import typer

from postwarden.cases import service as cases
from postwarden.cli.acting import As
from postwarden.cli.desk.seat import NotPossible, Seat, seat
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.custody.quarantine.identities import make_key_file
from postwarden.custody.service import CaseKey, Held, How
from postwarden.people.service import Permission
from postwarden.vocabulary import PostwardenError, rfc3339
from postwarden.wiring import quarantine

app = typer.Typer(
    help="List what is in quarantine, make the key that opens it, and destroy a case's.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

_KEPT = """\
Kept: names and hashes of what was there, and the record of it, so that `postwarden verify` holds as before.
Not touched: backups of the state, which have the key until they are gone; and copies that were delivered."""

Case = Annotated[
    str,
    typer.Option("--case", metavar="REF", help="Of this case and those merged into it."),
]


class FileThere(PostwardenError):
    """There is a file already, and it is not overwritten."""


@app.command("key")
def key(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The file to write; never overwritten.")
    ],
) -> None:
    """Make an age key, by which what is in quarantine can be opened, and print its recipient.

    Whoever has the file can read every copy that is put into quarantine from then on: keep it off this
    host. Without it nothing can be restored.
    """
    try:
        recipient = make_key_file(os.path.expanduser(file))
    except FileExistsError:
        raise FileThere(
            f"{file}: is there already and was not touched; name another file"
        ) from None
    typer.echo(f"Wrote {visible(file)}. Keep it where this host cannot read it, and a copy of it.")
    typer.echo("Then, in postwarden.toml:")
    typer.echo(f'\n[quarantine]\nrecipients = ["{recipient}"]')


@app.command("list")
def list_objects(
    case: Case,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """List what a case has in quarantine, what was removed, and whose keys open it.

    Whose copies they are, and what they hold, only who has a key can tell.
    """
    with seat(config, who) as at:
        references = cases.references(cases.case_file(at.who, case).case.reference)
        kept = quarantine(at.configuration, at.desk.ledger)
        keys, objects = kept.keys(references), kept.held(references)
    if not keys:
        typer.echo(f"Case {visible(case)} has nothing in quarantine.")
        return
    for one in keys:
        typer.echo(_key_line(one))
    for held in objects:
        typer.echo(_line(held))


@app.command("destroy")
def destroy(
    case: Case,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record; name nobody.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether it is meant.")] = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Destroy the key of a case: nobody can read what it has in quarantine any more, or restore it.

    Refused while a legal preservation covers any of it. Needs a role that may do so for all organisations
    concerned; it is an entry of the record.
    """
    with seat(config, who) as at:
        references = _destroyable(at, case)
        kept = quarantine(at.configuration, at.desk.ledger)
        there = [one.case for one in kept.keys(references) if one.destroyed is None]
        if not there:
            typer.echo(f"Case {visible(case)} has no key to destroy.")
            return
        for one in there:
            kept.must_be_free(one)
        count = sum(one.gone is None for one in kept.held(there))
        if not yes and not _meant(f"Destroy for ever {_objects(count)} of {visible(case)}?"):
            typer.echo("Nothing was destroyed.")
            return
        for one in there:
            kept.destroy(one, at.who.name, reason, now())
    typer.echo(f"Destroyed the key of case {' and '.join(there)}: {_objects(count)}.")
    typer.echo(_KEPT)


def _destroyable(at: Seat, name: str) -> tuple[str, ...]:
    """Give the references of a case; raise `NotAllowed` unless somebody may destroy its key."""
    found = cases.case_file(at.who, name).case
    if found.reference != name:
        raise NotPossible(f"{name} is part of case {found.reference}; destroy that one's key")
    for organisation in found.organisations:
        at.who.allowed(Permission.QUARANTINE_DESTROY, organisation)
    return cases.references(found.reference)


def _key_line(one: CaseKey) -> str:
    if one.destroyed is not None:
        return f"case {one.case}: its key was destroyed at {rfc3339(one.destroyed)}"
    return f"case {one.case}: opened by the private key of {' or '.join(one.recipients)}"


def _line(one: Held) -> str:
    if one.gone is not None:
        end = f"removed {rfc3339(one.gone)} ({one.how})"
    elif one.how == How.PRESERVED:
        end = f"until {rfc3339(one.until)}, and longer for a legal preservation"
    else:
        end = f"to be removed ({one.how})" if one.how else f"until {rfc3339(one.until)}"
    put = f"put {rfc3339(one.stored)}"
    return f"{one.name[:12]}  {one.case}  {one.size:>9,} bytes, {put}, {end}"


def _objects(count: int) -> str:
    return "1 object" if count == 1 else f"{count:,} objects"


def _meant(question: str) -> bool:
    try:
        return typer.confirm(question)
    except typer.Abort:
        return False
