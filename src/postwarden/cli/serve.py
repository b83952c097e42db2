"""`postwarden serve`: the console."""

from typing import Annotated

import typer

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile
from postwarden.configuration import load
from postwarden.console.serving import first_link, prepare
from postwarden.console.serving import serve as serve_console


def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", help="Where to listen.")] = 8025,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 2,
    threads: Annotated[int, typer.Option(min=1, help="In each process.")] = 8,
    insecure: Annotated[
        bool,
        typer.Option("--insecure", help="Without HTTPS in front: for a try on this machine alone."),
    ] = False,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Serve the console, until SIGTERM or Ctrl-C; at first it prints the link that sets it up."""
    configuration = load(config)
    prepare(configuration, secure=not insecure)
    base = f"http://{'localhost' if host == '127.0.0.1' else host}:{port}"
    link = first_link(configuration)
    typer.echo(f"Postwarden's console: {base}/")
    if link is not None:
        typer.echo(f"Nobody works here yet. Set it up, only with this link: {base}{link}")
    serve_console(host, port, workers, threads)
