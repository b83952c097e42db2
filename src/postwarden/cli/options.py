"""Options that several commands share, and how their words become values."""

import time
from typing import Annotated

import typer

from postwarden.configuration import DEFAULT_FILE
from postwarden.vocabulary import Moment, VocabularyError, from_rfc3339, normal

ConfigurationFile = Annotated[
    str, typer.Option("-c", "--config", metavar="FILE", help="The configuration file.")
]
Accounts = Annotated[
    list[str] | None,
    typer.Option("--account", metavar="ACCOUNT", help="Only this account; may be given again."),
]
Since = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Only from this time on, such as 2026-11-20T00:00:00+01:00."),
]
Until = Annotated[str | None, typer.Option(metavar="TIME", help="Only before this time.")]
SnapshotName = Annotated[
    str | None, typer.Option("--snapshot", metavar="NAME", help="This snapshot, not the newest.")
]

DEFAULT_CONFIGURATION = DEFAULT_FILE


def moment(text: str | None, option: str) -> Moment | None:
    """Read a time given on the command line."""
    if text is None:
        return None
    try:
        return from_rfc3339(text)
    except VocabularyError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def accounts(names: list[str] | None) -> tuple[str, ...]:
    """Give account names in normal form, sorted, each once."""
    return tuple(sorted({normal(name) for name in names or ()}))


def now() -> Moment:
    """Give the present moment."""
    return time.time_ns() // 1_000
