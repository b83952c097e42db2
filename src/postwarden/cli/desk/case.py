"""`postwarden case`: opening cases, showing them, and what is noted in them."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cases.service import Change, Kind, Note, Party, Severity, Times
from postwarden.cli.acting import As
from postwarden.cli.desk import case_evidence, case_joining, case_people, case_restriction
from postwarden.cli.desk.case_text import CasePrinter, print_cases
from postwarden.cli.desk.seat import seat
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, moment, now
from postwarden.cli.output.hostile import escaped

app = typer.Typer(
    help="Open, show, work on, merge, split, export and restrict cases.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Reference = Annotated[
    str,
    typer.Argument(
        metavar="CASE", help="Reference, such as 2026-0001; an old one leads to where it went."
    ),
]
Why = Annotated[str, typer.Option(metavar="TEXT", help="The reason, for the record.")]
OccurredFrom = Annotated[str | None, typer.Option(metavar="TIME", help="When it began.")]
OccurredTo = Annotated[str | None, typer.Option(metavar="TIME", help="When it ended.")]
Detected = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="When it was first noticed; an earlier report sets it too."),
]
Aware = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="When the organisation knew; legal clocks start there."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Organisation = Annotated[
    list[str] | None,
    typer.Option("--organisation", metavar="NAME", help="Concerned by it; may be given again."),
]


@app.command("open")
def open_case(  # noqa: PLR0913, PLR0917  # the options of the command
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help=f"{', '.join(Kind)}.")],
    title: Annotated[str, typer.Argument(metavar="TITLE", help="A line that names it.")],
    organisation: Organisation = None,
    lead: Annotated[str | None, typer.Option(metavar="NAME", help="Who is in charge.")] = None,
    occurred_from: OccurredFrom = None,
    occurred_to: OccurredTo = None,
    detected: Detected = None,
    aware: Aware = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Open a case; it gets the next reference of the year and the tasks of its kind."""
    times = _times(occurred_from, occurred_to, detected, aware, None)
    with seat(config, who) as at:
        opening = cases.Opening(kind, title, tuple(organisation or ()), lead, times)
        case = cases.open_case(at.desk, at.who, opening, now())
    typer.echo(f"Opened {case.reference}. Next: postwarden case show {case.reference}")


@app.command("list")
def list_cases(
    output: Json = False, who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION
) -> None:
    """List the cases that concern your organisations, newest first."""
    with seat(config, who) as at:
        found = cases.every_case(at.who)
        if output:
            _print_json([cases.plain_case(case) for case in found])
        elif found:
            print_cases(found, Console(highlight=False, markup=False), at.zone)
        else:
            typer.echo("No case yet. Next: postwarden case open KIND TITLE")


@app.command("show")
def show(
    case: Annotated[
        str,
        typer.Argument(
            metavar="CASE", help="Reference of a case, or the name of a task or report in one."
        ),
    ],
    output: Json = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Show a case: its times, tasks, accounts, reports, findings and timeline."""
    with seat(config, who) as at:
        file = cases.told_file(at.desk, at.who, case)
        if output:
            _print_json(cases.plain_file(file))
        else:
            CasePrinter(_wide(), at.zone).print(file)


@app.command("change")
def change(  # noqa: PLR0913, PLR0917  # the options of the command
    case: Reference,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="A line that names it.")] = None,
    severity: Annotated[
        Severity | None, typer.Option(metavar="SEVERITY", help=f"{', '.join(Severity)}.")
    ] = None,
    lead: Annotated[str | None, typer.Option(metavar="NAME", help="Who is in charge.")] = None,
    occurred_from: OccurredFrom = None,
    occurred_to: OccurredTo = None,
    detected: Detected = None,
    aware: Aware = None,
    reported: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the authority was told.")
    ] = None,
    organisation: Organisation = None,
    responsible: Annotated[
        str | None, typer.Option(metavar="NAME", help="A third party that is responsible.")
    ] = None,
    cause: Annotated[str, typer.Option(metavar="TEXT", help="For what it is.")] = "",
    confidence: Annotated[
        cases.Confidence, typer.Option(metavar="HOW", help=f"{', '.join(cases.Confidence)}.")
    ] = cases.Confidence.UNKNOWN,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Set facts of a case; what is not named stays, organisations and third parties are added."""
    event = Change(
        title=title,
        severity=severity,
        lead=lead,
        times=_times(occurred_from, occurred_to, detected, aware, reported),
        organisations=tuple(organisation or ()),
        party=None if responsible is None else Party(responsible, cause, confidence),
    )
    with seat(config, who) as at:
        changed = cases.change(at.desk, at.who, case, event, now())
    typer.echo(f"Changed {changed.reference}.")


@app.command("note")
def note(
    case: Reference,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What happened.")],
    when: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it did; without it, now.")
    ] = None,
    evidence: Annotated[
        list[str] | None,
        typer.Option(metavar="PLACE", help="Where it can be looked up; may be given again."),
    ] = None,
    account: Annotated[
        str, typer.Option(metavar="ACCOUNT", help="The account it is about; splits follow it.")
    ] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Note what happened, dated with when it did."""
    present = now()
    event = Note(moment(when, "--at") or present, text)
    with seat(config, who) as at:
        noted = cases.note(at.desk, at.who, case, event, evidence or (), present, account)
    typer.echo(f"Noted in {noted.reference}.")


@app.command("task")
def task(
    case: Reference,
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="Something more to be done.")
    ] = None,
    done: Annotated[
        str | None, typer.Option(metavar="TASK", help="Was done: 2026-0001/T3, or T3 for short.")
    ] = None,
    why: Annotated[str, typer.Option("--how", metavar="TEXT", help="What was done.")] = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """List the tasks of a case, add one, or note that one was done."""
    with seat(config, who) as at:
        if text is not None:
            cases.add_task(at.desk, at.who, case, text, now())
        if done is not None:
            label = done if "/" in done else f"{case}/{done}"
            cases.finish_task(at.desk, at.who, case, label, why, now())
        CasePrinter(_wide(), at.zone).tasks(cases.case_file(at.who, case).case)


@app.command("close")
def close(
    case: Reference,
    why: Why = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Close a case; refused while a task or account is left."""
    with seat(config, who) as at:
        closed = cases.close(at.desk, at.who, case, why, now())
    typer.echo(f"Closed {closed.reference}.")


@app.command("reopen")
def reopen(
    case: Reference,
    why: Why = "",
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Open a closed case again."""
    with seat(config, who) as at:
        opened = cases.reopen(at.desk, at.who, case, why, now())
    typer.echo(f"Opened {opened.reference} again.")


app.command("accounts")(case_evidence.accounts)
app.command("findings")(case_evidence.findings)
app.command("report")(case_evidence.report)
app.command("people")(case_people.people)
app.command("merge")(case_joining.merge)
app.command("split")(case_joining.split)
app.command("export")(case_joining.export)
app.command("restrict")(case_restriction.restrict)
app.command("let-in")(case_restriction.let_in)
app.command("take-out")(case_restriction.take_out)
app.command("unrestrict")(case_restriction.unrestrict)
app.command("insiders")(case_restriction.insiders)


def _times(*given: str | None) -> Times:
    names = ("--occurred-from", "--occurred-to", "--detected", "--aware", "--reported")
    return Times(*(moment(text, name) for text, name in zip(given, names, strict=True)))


def _wide() -> Console:
    return Console(highlight=False, markup=False, soft_wrap=True)


def _print_json(document: object) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    lines = (escaped(line, lambda one: json.dumps(one)[1:-1]) for line in text.split("\n"))
    sys.stdout.write("\n".join(lines) + "\n")
