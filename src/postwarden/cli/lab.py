"""`postwarden lab`: a private provider to practise on."""

import json
from typing import Annotated, Any

import typer

from postwarden.drills.lab import service
from postwarden.drills.lab.service import HOST, Lab, Store

NOT_ALL_RUN = 1

app = typer.Typer(
    help="Start, show and stop a private Postfix and Dovecot to practise on.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Folder = Annotated[
    str, typer.Option("--dir", metavar="FOLDER", help="The lab's folder; all of it is below it.")
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print ports, logins and process ids as one JSON object.")
]
_FOLDER = "lab"


@app.command()
def up(
    folder: Folder = _FOLDER,
    store: Annotated[
        Store | None,
        typer.Option(help="How a new lab stores mail: Maildir, unless this says otherwise."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the lab where there is none, and start what does not run; needs root.

    Mail servers of this machine are left alone, and no mail leaves it.
    """
    _tell(service.up(folder, store), as_json)


@app.command()
def status(folder: Folder = _FOLDER, as_json: AsJson = False) -> None:
    """Say where the lab listens and what of it runs; exit status 1 when not all of it does."""
    lab = service.status(folder)
    _tell(lab, as_json)
    if not lab.is_up:
        raise typer.Exit(NOT_ALL_RUN)


@app.command()
def down(folder: Folder = _FOLDER, as_json: AsJson = False) -> None:
    """Stop everything of the lab; its mail, logs and passwords stay for the next `up`."""
    _tell(service.down(folder), as_json)


def _tell(lab: Lab, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_document(lab), indent=2))
        return
    for part, pid in lab.pids.items():
        runs = f"does not run: log/{part}.out" if pid is None else f"runs as process {pid}"
        typer.echo(f"{part:10} {runs}")
    for name, port in lab.ports.named().items():
        typer.echo(f"{name:10} {HOST} {port}")
    typer.echo(f"{len(lab.passwords)} accounts, stored as {lab.store}: {lab.root}/accounts.csv")
    typer.echo(
        f"Next: postwarden scan -c {lab.config}"
        if lab.is_up
        else f"Next: postwarden lab up --dir {lab.root}"
    )


def _document(lab: Lab) -> dict[str, Any]:
    """Give what scripts build on; keys are added, never changed."""
    return {
        "config": str(lab.config),
        **{name: [HOST, port] for name, port in lab.ports.named().items()},
        "doveadm_key": lab.doveadm_key,
        "dovecot_conf": str(lab.servers.dovecot_conf),
        "postfix_folder": str(lab.servers.postfix_folder),
        "store": lab.store,
        "accounts": [
            {"address": account, "password": password}
            for account, password in lab.passwords.items()
        ],
        "pids": dict(lab.pids),
    }
