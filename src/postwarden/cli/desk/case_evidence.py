"""`postwarden case accounts|report|findings`: who is concerned, and how that is known."""

from typing import Annotated

import typer

from postwarden.cases import service as cases
from postwarden.cases.service import State
from postwarden.cli.acting import As
from postwarden.cli.desk.seat import seat
from postwarden.cli.options import (
    DEFAULT_CONFIGURATION,
    Accounts,
    ConfigurationFile,
    Since,
    SnapshotName,
    Until,
    moment,
    now,
)
from postwarden.cli.options import accounts as named
from postwarden.cli.output.hostile import visible

Reference = Annotated[str, typer.Argument(metavar="CASE", help="Reference of the case.")]


def accounts(
    case: Reference,
    account: Annotated[
        list[str], typer.Argument(metavar="ACCOUNT", help="Suspected to be concerned.")
    ],
    exclude: Annotated[bool, typer.Option("--exclude", help="Not concerned after all.")] = False,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason, for the record.")] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Add accounts that may be concerned, or exclude such as are not."""
    with seat(config, who) as at:
        if exclude:
            after = cases.move(at.desk, at.who, case, account, State.EXCLUDED, why, now())
        else:
            after = cases.suspect(at.desk, at.who, case, account, why, now())
    for name, state in after.accounts.items():
        typer.echo(visible(f"{name}  {state}"))


def report(  # noqa: PLR0913, PLR0917  # the options of the command
    case: Reference,
    account: Annotated[
        str, typer.Argument(metavar="ACCOUNT", help="Of the customer: mail in it is not theirs.")
    ],
    message_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Message-ID of the mail.")
    ] = None,
    date: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the mail came, to a day or so.")
    ] = None,
    sender: Annotated[
        str | None, typer.Option("--from", metavar="ADDRESS", help="Sender of the mail.")
    ] = None,
    received: Annotated[
        str | None, typer.Option(metavar="TIME", help="When they told; without it, now.")
    ] = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Note a customer's report; the first one of a case is when it was detected."""
    present = now()
    telling = cases.Telling(
        account,
        moment(received, "--received") or present,
        message_id,
        moment(date, "--date"),
        sender,
    )
    with seat(config, who) as at:
        label = cases.add_report(at.desk, at.who, case, telling, present)
    typer.echo(f"Noted as {label}.")


def findings(
    case: Reference,
    since: Since = None,
    until: Until = None,
    account: Accounts = None,
    snapshot: SnapshotName = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Take the findings of a snapshot into a case, and say what changed since those it has.

    Accounts that hold misdelivered or crossed mail become suspected.
    """
    from postwarden.cli.desk import case_findings  # noqa: PLC0415  # it loads the engine

    about = moment(since, "--since"), moment(until, "--until"), named(account)
    with seat(config, who) as at:
        taken = case_findings.taken(at.configuration, snapshot, about)
        refreshed = cases.take_findings(at.desk, at.who, case, taken, now())
    case_findings.print_refreshed(taken, refreshed, case_findings.plain_console())
