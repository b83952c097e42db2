"""`postwarden drill`: an incident with a known truth, and the whole case on it."""

import json
from typing import Annotated

import typer

from postwarden.cli.output.drill_words import closing_lines
from postwarden.cli.output.drills import write_drill_html
from postwarden.cli.output.hostile import visible
from postwarden.drills.lab.service import Store
from postwarden.drills.misdelivery import service as misdelivery_drill

WENT_WRONG = 1

app = typer.Typer(
    help="Let an incident happen on a private provider, and work the whole case on it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def drill() -> None:
    """Let an incident happen on a private provider, and work the whole case on it."""


@app.command()
def misdelivery(
    folder: Annotated[
        str,
        typer.Option(
            "--dir",
            metavar="FOLDER",
            help="The lab's folder: a new one, one that nobody has worked with, or one that a drill"
            " made, which is made anew.",
        ),
    ] = "drill",
    messages: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=100, help="How many messages; without it, the whole stock: 6,046."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="S", help="Chooses messages, recipients and what people do.")
    ] = 1,
    store: Annotated[
        Store,
        typer.Option(
            help="How the lab stores mail: mdbox is repaired through Dovecot, Maildir as files."
        ),
    ] = Store.MAILDIR,
    keep: Annotated[
        bool, typer.Option("--keep", help="Let the lab run on when the drill is over.")
    ] = False,
) -> None:
    """Load an alias map one line off while real mail comes in, and work the case to its end.

    Needs root. The case is worked by two people through the commands of this program; what they found
    and did is then held against the known truth. FOLDER/drill/report.html is the after-action report,
    report.json the same for programs; beside them are truth.json, the case's bundle and what each command
    printed.

    Exit status: 0 when nothing was accused, released, lost, doubled or changed that should not have been,
    1 when something was, 2 when it could not run.
    """
    outcome = misdelivery_drill.drill(folder, messages, seed, _tell, store=store, keep=keep)
    page, data = outcome.folder / "report.html", outcome.folder / "report.json"
    with page.open("w", encoding="utf-8") as stream:
        write_drill_html(outcome.facts, stream)
    data.write_text(json.dumps(outcome.facts.as_json(), indent=1) + "\n")
    outcome.give(page, data)
    for line in closing_lines(outcome.facts):
        _tell(line)
    _tell(f"The report for people: {page}")
    if not outcome.facts.went_well:
        raise typer.Exit(WENT_WRONG)


def _tell(line: str) -> None:
    typer.echo(visible(line))
