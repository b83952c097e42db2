"""`postwarden scan`: take a snapshot of evidence."""

from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.options import (
    DEFAULT_CONFIGURATION,
    Accounts,
    ConfigurationFile,
    Since,
    accounts,
    moment,
    now,
)
from postwarden.cli.output.progress import ScanProgress
from postwarden.cli.output.snapshots import print_scanned
from postwarden.configuration import load
from postwarden.evidence.service import Scope, take
from postwarden.maps import concerned
from postwarden.opened import opened
from postwarden.wiring import sources

INTERRUPTED = 130


def scan(
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
    purpose: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Why this evidence is taken.")
    ] = None,
    expires: Annotated[
        int | None, typer.Option(metavar="DAYS", min=1, help="Remove it after so many days.")
    ] = None,
    account: Accounts = None,
    since: Since = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE", help="Only accounts that this wrong map could concern; may be repeated."
        ),
    ] = None,
) -> None:
    """Read stores, logs and directory into a new snapshot; nothing of the provider is changed."""
    configuration = load(config)
    settings = configuration.evidence
    settings = replace(
        settings,
        purpose=purpose or settings.purpose,
        expiry_days=expires or settings.expiry_days,
    )
    named = accounts(account)
    if fault:
        named = tuple(sorted({*named, *concerned(configuration, fault)}))
    scope = Scope(named, moment(since, "--since"))
    console = Console(stderr=True, highlight=False)
    try:
        with ScanProgress(console) as progress:
            manifest = take(settings, scope, sources(configuration), now(), progress.report)
    except KeyboardInterrupt:
        console.print("Stopped. What was read is kept; the same command goes on from there.")
        raise typer.Exit(INTERRUPTED) from None
    with opened(configuration, manifest.name) as evidence:
        problems = evidence.named_problems()
    print_scanned(manifest, problems, Console(highlight=False), configuration.provider.zone)
