"""The command `postwarden` and what all its commands have in common."""

import sys
import traceback
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from postwarden.cli import evidence
from postwarden.cli.examine import examine
from postwarden.cli.explain import explain
from postwarden.cli.init import init
from postwarden.cli.output.hostile import visible
from postwarden.cli.preflight import preflight
from postwarden.cli.scan import scan
from postwarden.vocabulary import PostwardenError

COULD_NOT_RUN = 2

app = typer.Typer(
    name="postwarden",
    help="The incident desk of an e-mail provider.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("init")(init)
app.command("scan")(scan)
app.command("examine")(examine)
app.command("explain")(explain)
app.command("preflight")(preflight)
app.add_typer(evidence.app, name="evidence")


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"postwarden {version('postwarden')}")
        raise typer.Exit


@app.callback()
def postwarden(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """The incident desk of an e-mail provider."""


def main() -> None:
    """Run the command line; what it cannot do ends with a sentence and status 2."""
    try:
        app()
    except PostwardenError as error:
        _could_not_run(str(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(COULD_NOT_RUN)
    except OSError as error:
        _could_not_run(f"{error.filename or 'the system'}: {error.strerror or error}")
    except Exception:  # noqa: BLE001  # status 1 means "some are wrong": no fault may end with it
        traceback.print_exc()
        sys.exit(COULD_NOT_RUN)


def _could_not_run(sentences: str) -> NoReturn:
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    for line in sentences.splitlines():
        console.print(visible(line))
    sys.exit(COULD_NOT_RUN)
