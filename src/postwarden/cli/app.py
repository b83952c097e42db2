"""The command `postwarden` and what all its commands have in common."""

import sys
import traceback
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
import typer.main
from rich.console import Console
from typer.core import TyperGroup

from postwarden.cli.lazy import Place, lazy_group, load
from postwarden.cli.output.hostile import visible
from postwarden.vocabulary import PostwardenError

COULD_NOT_RUN = 2

COMMANDS = {
    "init": Place(
        "postwarden.cli.init",
        "init",
        "Write postwarden.toml with what is found; what is not found is left as a comment to fill in.",
    ),
    "scan": Place(
        "postwarden.cli.scan",
        "scan",
        "Read stores, logs and directory into a new snapshot; nothing of the provider is changed.",
    ),
    "examine": Place(
        "postwarden.cli.examine",
        "examine",
        "Say which copies lie in the wrong mailbox, whose they are, who has seen them, and why.",
    ),
    "explain": Place(
        "postwarden.cli.explain",
        "explain",
        "Show why one copy has its verdict, with the cited lines; other people's words are masked.",
    ),
    "preflight": Place(
        "postwarden.cli.preflight",
        "preflight",
        "Say which deliveries of the last days would have gone elsewhere by a new map.",
    ),
    "person": Place(
        "postwarden.cli.desk.person",
        "app",
        "List, add and retire those who work with Postwarden, give and take roles, enrol keys, make tokens.",
    ),
    "case": Place(
        "postwarden.cli.desk.case",
        "app",
        "Open, show, work on, merge, split, export and restrict cases.",
    ),
    "hold": Place(
        "postwarden.cli.desk.hold",
        "hold",
        "Refuse all logins of accounts at once, while their mail keeps arriving; it is approved after.",
    ),
    "release": Place(
        "postwarden.cli.desk.hold",
        "release",
        "Plan to let accounts log in again; it happens once somebody else has approved the plan.",
    ),
    "holds": Place(
        "postwarden.cli.desk.hold",
        "holds",
        "List what is held, by which case, since when; and what is still to be done about it.",
    ),
    "plans": Place(
        "postwarden.cli.desk.plans",
        "plans",
        "List plans with what they wait for, or show one, act by act.",
    ),
    "approve": Place(
        "postwarden.cli.desk.plans",
        "approve",
        "Sign a plan that somebody else asked for; with enough approvals it is carried out at once.",
    ),
    "plan": Place(
        "postwarden.cli.desk.repair",
        "app",
        "Plan a repair, have it approved, run it, stop it, go on with it or give it up.",
    ),
    "restore": Place(
        "postwarden.cli.desk.restore",
        "restore",
        "Plan to put copies back from quarantine, and with its key carry such a plan out.",
    ),
    "withdraw": Place(
        "postwarden.cli.desk.withdraw",
        "withdraw",
        "Take a plan back that has not begun: its requester, or somebody who may approve it.",
    ),
    "setup": Place(
        "postwarden.cli.setup",
        "setup",
        "Print the settings by which this host's Dovecot or Postfix refuses held accounts.",
    ),
    "doctor": Place(
        "postwarden.cli.desk.doctor",
        "doctor",
        "Prove on the live servers, with a throw-away account, that held means held at each door.",
    ),
    "serve": Place(
        "postwarden.cli.serve",
        "serve",
        "Serve the console, until SIGTERM or Ctrl-C; at first it prints the link that sets it up.",
    ),
    "policy": Place(
        "postwarden.cli.policy",
        "policy",
        "Tell Dovecot at each login whether the account is held, until SIGTERM or Ctrl-C.",
    ),
    "verify": Place(
        "postwarden.cli.desk.verify",
        "verify",
        "Check the whole ledger against its signed tree heads, those kept outside included.",
    ),
    "ledger": Place(
        "postwarden.cli.desk.ledger",
        "app",
        "Show the record of what was done, and erase from it.",
    ),
    "quarantine": Place(
        "postwarden.cli.desk.quarantine",
        "app",
        "List what is in quarantine, make the key that opens it, and destroy a case's.",
    ),
    "worker": Place(
        "postwarden.cli.desk.worker",
        "worker",
        "Do what was decided and asked for, tell webhooks, sign and anchor tree heads, until SIGTERM or Ctrl-C.",
    ),
    "backup": Place(
        "postwarden.cli.desk.backup",
        "backup",
        "Copy the state, the quarantine, the evidence and the settings into a new folder, with hashes.",
    ),
    "restore-backup": Place(
        "postwarden.cli.desk.backup",
        "restore_backup",
        "Make an installation of a backup where none is; stop its services first.",
    ),
    "evidence": Place("postwarden.cli.evidence", "app", "List, check, merge and expire snapshots."),
    "lab": Place(
        "postwarden.cli.lab",
        "app",
        "Start, show and stop a private Postfix and Dovecot to practise on.",
    ),
    "drill": Place(
        "postwarden.cli.drill",
        "app",
        "Let an incident happen on a private provider, and work the whole case on it.",
    ),
}

app = typer.Typer(
    name="postwarden",
    cls=lazy_group(COMMANDS),
    help="The incident desk of an e-mail provider.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


def every_command() -> TyperGroup:
    """Give the command with all that is below it loaded, for its documentation."""
    group = typer.main.get_group(app)
    group.commands.update({name: load(name, place) for name, place in COMMANDS.items()})
    return group


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
    except Exception as error:  # noqa: BLE001  # status 1 means "some are wrong": no fault may end with it
        from postwarden.state.service import failure  # noqa: PLC0415  # loads Django: seldom needed

        told = failure(error)
        if told is not None:
            _could_not_run(str(told))
        traceback.print_exc()
        sys.exit(COULD_NOT_RUN)


def _could_not_run(sentences: str) -> NoReturn:
    console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
    for line in sentences.splitlines():
        console.print(visible(line))
    sys.exit(COULD_NOT_RUN)
