"""`postwarden doctor`: is held really held, at each door of the live servers?"""

import json
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.acting import As, acting
from postwarden.cli.desk.doctor_words import finding_lines, last_line, step_line, step_table
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.configuration import Configuration, load
from postwarden.durable.service import locked_file, private_line
from postwarden.holds.doctor.service import (
    DoctorSettings,
    Drill,
    Examination,
    Finding,
    Level,
    Step,
    told,
    verdict,
)
from postwarden.people.service import member
from postwarden.vocabulary import PostwardenError
from postwarden.wiring import doctor_findings, doctor_servers, drill

_STATUS = {Level.PROVEN: 0, Level.FAULT: 1, Level.UNPROVEN: 2}
_ENDED_BY = (signal.SIGTERM, signal.SIGHUP)


class NotReady(PostwardenError):
    """The doctor cannot begin; nothing was done."""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Prove on the live servers, with a throw-away account, that held means held at each door.

    Logs in, holds the account, tries again with login caches warm and cold, does so once more while the
    policy server does not answer, and lets the account in again. Nothing but that account is changed.

    Exit status: 0 when all is proven, though there may be warnings; 1 when something is not as it must
    be; 2 when something could not be proven.
    """
    configuration = load(config)
    settings = configuration.doctor
    if settings is None:
        raise NotReady(
            "postwarden.toml has no [doctor]: add one with account, password_file and doors"
        )
    password = _password(settings.password_file)
    its = drill(configuration, settings, lambda: member(acting(who)), now)
    its.permit()
    if cases := its.others():
        named = ", ".join(case or "no case" for case in cases)
        raise NotReady(
            f"{settings.account} is held by {named}: release it, or name another account"
        )
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    with console.status("…") as status:
        steps, findings = _examined(
            configuration, settings, its, password, lambda step: status.update(step_line(step))
        )
    level = verdict(steps, findings)
    its.note("doctor.ended", {"result": level, "steps": len(steps), "findings": len(findings)})
    if as_json:
        typer.echo(json.dumps(_document(settings, level, steps, findings), indent=2))
    else:
        _print(level, steps, findings)
    raise typer.Exit(_STATUS[level])


def _examined(
    configuration: Configuration,
    settings: DoctorSettings,
    its: Drill,
    password: str,
    tell: Callable[[Step], None],
) -> tuple[list[Step], Sequence[Finding]]:
    with locked_file(settings.password_file), _ended_in_order():  # one run an account
        doors, findings = doctor_findings(configuration, settings)
        servers = doctor_servers(configuration, settings)
        its.note("doctor.begun", {"doors": [door.name for door in doors]})
        return Examination(its, servers, doors, password, tell).run(), findings


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let signals that end a program end it in order: the account is released then."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _ENDED_BY}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _password(path: str) -> str:
    try:
        return private_line(path)
    except OSError as error:
        raise NotReady(f"{path}: {error.strerror}; [doctor] password_file names it") from error


def _print(level: Level, steps: Sequence[Step], findings: Sequence[Finding]) -> None:
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(step_table(steps))
    for line in (*finding_lines(findings), last_line(level, steps, findings)):
        console.print(line)


def _document(
    settings: DoctorSettings, level: Level, steps: Sequence[Step], findings: Sequence[Finding]
) -> dict[str, object]:
    return {
        "result": level,
        "account": settings.account,
        "steps": [{**step._asdict(), "level": step.level} for step in steps],
        "findings": [{**one._asdict(), **told(one)._asdict()} for one in findings],
    }
