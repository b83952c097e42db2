"""`postwarden init`: write a configuration that proposes what is found on this machine."""

import os
from typing import Annotated

import typer

from postwarden.cli.discovery import propose
from postwarden.configuration import DEFAULT_FILE
from postwarden.vocabulary import PostwardenError


class FileThere(PostwardenError):
    """There is a configuration already, and it is not overwritten."""


def init(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The file to write; never overwritten.")
    ] = DEFAULT_FILE,
    root: Annotated[
        str, typer.Option(metavar="FOLDER", help="Look for stores, logs and tables below it.")
    ] = "/",
) -> None:
    """Write postwarden.toml with what is found; what is not found is left as a comment to fill in."""
    text = propose(root)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileThere(
            f"{file}: is there already and was not touched; name another file"
        ) from None
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as stream:
        stream.write(text)
    typer.echo(f"Wrote {file}. Read it, mend what is marked, then: postwarden scan -c {file}")
