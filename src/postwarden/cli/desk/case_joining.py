"""`postwarden case merge|split|export`: cases that turn out to be one, or two; and as a bundle."""

import os
from typing import Annotated

import typer

from postwarden.cases import service as cases
from postwarden.cli.acting import As
from postwarden.cli.desk.seat import seat
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.durable.service import replace_bytes
from postwarden.vocabulary import PostwardenError

Why = Annotated[str, typer.Option(metavar="TEXT", help="The reason, for the record.")]


class FileThere(PostwardenError):
    """A file is in the place where a bundle was to be written."""


def merge(
    case: Annotated[str, typer.Argument(metavar="CASE", help="Goes on.")],
    other: Annotated[
        str, typer.Argument(metavar="OTHER", help="Becomes part of it; its reference leads there.")
    ],
    why: Why = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Let a case become part of another, with all that is in it."""
    with seat(config, who) as at:
        kept = cases.merge_cases(at.desk, at.who, case, other, why, now())
    typer.echo(f"{other} is part of {kept.reference} now.")


def split(  # noqa: PLR0913, PLR0917  # the options of the command
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case to split.")],
    title: Annotated[str, typer.Option(metavar="TEXT", help="A line that names the new case.")],
    account: Annotated[
        list[str] | None,
        typer.Option(metavar="ACCOUNT", help="Goes, with all about it; may be given again."),
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(metavar="REPORT", help="Goes alone, such as 2026-0001/R2; likewise."),
    ] = None,
    finding: Annotated[
        list[str] | None, typer.Option(metavar="COPY", help="Goes alone, by its id; likewise.")
    ] = None,
    why: Why = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Let accounts, reports and findings become a case of their own, with their history."""
    choice = cases.Choice(tuple(account or ()), tuple(report or ()), tuple(finding or ()))
    with seat(config, who) as at:
        new = cases.split_case(at.desk, at.who, case, choice, title, why, now())
    typer.echo(f"Opened {new.reference}. Next: postwarden case show {new.reference}")


def export(
    case: Annotated[str, typer.Argument(metavar="CASE", help="The case to export.")],
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help="Written there; without it, CASE.tar.")
    ] = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Write a case as a signed bundle that anyone can check offline.

    It holds all that is known of the case, personal data too. The new file must not be there yet.
    """
    place = file or f"{case}.tar"
    if os.path.exists(place):
        raise FileThere(f"{place}: is there already; remove it, or name another file")
    with seat(config, who) as at:
        replace_bytes(place, cases.export_case(at.desk, at.who, case, now()))
    typer.echo(f"Wrote {place}. Anyone checks it by: python -m postwarden.ledger.check {place}")
