"""Who acts: named by an option, by the environment, or by the login."""

import os
import pwd
from typing import Annotated

import typer

As = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        envvar="POSTWARDEN_AS",
        help="Who you are, as `person add` named you; without it, your login.",
    ),
]


def acting(name: str | None) -> str:
    """Give the name that acts; who used sudo acts as themselves."""
    return name or os.environ.get("SUDO_USER") or pwd.getpwuid(os.getuid()).pw_name
