"""`postwarden hold`, `release` and `holds`: keeping logins off accounts, and letting them in again."""

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from postwarden.cases import service as cases
from postwarden.cli.acting import As, acting
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.custody.service import Mismatch
from postwarden.holds.service import (
    HoldDesk,
    Kind,
    MailControl,
    NothingToDo,
    Wish,
    Wording,
    let_in,
)
from postwarden.people.service import Member, member
from postwarden.vocabulary import normal, rfc3339
from postwarden.wiring import hold_desk, mail_control
from postwarden.words.cases import many
from postwarden.words.holds import (
    held_lines,
    left_lines,
    let_in_lines,
    overdue_lines,
    trouble_lines,
    unknown_lines,
)
from postwarden.words.plans import not_possible

_OVER = frozenset({cases.State.RELEASED, cases.State.EXCLUDED})

Accounts = Annotated[list[str] | None, typer.Argument(metavar="ACCOUNT", help="One or more.")]
ListFile = Annotated[
    str | None, typer.Option("--file", metavar="LIST", help="A file with one account a line.")
]
Case = Annotated[
    str | None,
    typer.Option(metavar="REF", help="The case; without accounts, those it concerns."),
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why, for the record.")]
Preserve = Annotated[
    bool,
    typer.Option(
        "--preserve", help="Legal preservation: stored mail stays as it is; logins go on."
    ),
]


def hold(  # noqa: PLR0913, PLR0917  # the options of the command
    accounts: Accounts = None,
    file: ListFile = None,
    case: Case = None,
    reason: Reason = "",
    preserve: Preserve = False,
    outage: Annotated[
        bool, typer.Option("--outage", help="Tell holders that the mailbox is unavailable.")
    ] = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Refuse all logins of accounts at once, while their mail keeps arriving; it is approved after.

    Live sessions are ended and redirects suspended by `postwarden worker`.
    """
    with not_possible():
        desk, actor = _desk(config, who)
        reference, of_case, unavailable = _case(actor, case)
        wish = Wish(
            accounts=_named(accounts, file) or of_case,
            case=reference,
            reason=reason,
            kind=Kind.PRESERVATION if preserve else Kind.LOGIN,
            wording=Wording.OUTAGE if outage or unavailable else Wording.EXAMINATION,
        )
        planned = desk.hold(wish, actor, now())
        carried = desk.carry(planned.plan.hash, now)
    for line in left_lines((*planned.left, *carried.left)):
        typer.echo(visible(line))
    typer.echo(f"{many(carried.done)} held by plan {planned.plan.hash[:12]}.")
    typer.echo(f"Next, by somebody else: postwarden approve {planned.plan.hash[:12]}")


def release(  # noqa: PLR0913, PLR0917  # the options of the command
    accounts: Accounts = None,
    file: ListFile = None,
    case: Case = None,
    reason: Reason = "",
    preserve: Preserve = False,
    proven: Annotated[
        bool,
        typer.Option(
            "--proven",
            help="At once, without approval: those that the case's last examination proves clean.",
        ),
    ] = False,
    if_changed: Annotated[
        Mismatch,
        typer.Option(help="Accounts not held any more then: leave them out, or stop the plan."),
    ] = Mismatch.LEAVE_OUT,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Plan to let accounts log in again; it happens once somebody else has approved the plan.

    An account held by several cases stays held until the last one has released it.
    """
    with not_possible():
        desk, actor = _desk(config, who)
        kind = Kind.PRESERVATION if preserve else Kind.LOGIN
        if proven and preserve:
            raise typer.BadParameter("a legal hold ends by approval only", param_hint="--proven")
        named = _named(accounts, file)
        reference = _case(actor, case)[0] if case else _only_case(desk, actor, named, kind)
        held = tuple(one.account for one in desk.held(reference) if one.kind is kind)
        wish = Wish(named or held, reference, reason, kind, mismatch=if_changed)
        if proven:
            _release_proven(desk, wish, actor, mail_control(load(config)))
            return
        planned = desk.release(wish, actor, now())
    for line in left_lines(planned.left):
        typer.echo(visible(line))
    count = len(planned.plan.acts)
    typer.echo(f"Plan {planned.plan.hash[:12]} releases {many(count)} once it is approved.")
    typer.echo(f"Next, by somebody else: postwarden approve {planned.plan.hash[:12]}")


def holds(
    case: Annotated[str | None, typer.Option(metavar="REF", help="Only of this case.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON lines for programs.")] = False,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """List what is held, by which case, since when; and what is still to be done about it."""
    desk, actor = _desk(config, who)
    reference = None if case is None else cases.case_file(actor, case).case.reference
    found = desk.seen(actor, reference)
    if as_json:
        for one in found:
            told = {"account": one.account, "kind": one.kind, "case": one.case or None}
            told |= {"since": rfc3339(one.since), "plan": one.plan}
            typer.echo(json.dumps(told))
        return
    for line in held_lines(found):
        typer.echo(visible(line))
    hours = desk.remind_after // 3_600_000_000
    shown = {one.account for one in found}
    unknown = [one for one in desk.unknown() if one in shown]
    late = overdue_lines(found, hours, now())
    for line in (*late, *unknown_lines(unknown), *trouble_lines(desk.pending(actor))):
        typer.echo(visible(line))


def _release_proven(desk: HoldDesk, wish: Wish, actor: Member, control: MailControl | None) -> None:
    try:
        planned = desk.release_proven(wish, actor, now())
    except NothingToDo as error:
        for line in left_lines(error.left):
            typer.echo(visible(line))
        raise
    carried = desk.carry(planned.plan.hash, now)
    for line in left_lines((*planned.left, *carried.left)):
        typer.echo(visible(line))
    typer.echo(f"{many(carried.done)} released, proven clean, by plan {planned.plan.hash[:12]}.")
    left = {account for account, _ in carried.left}
    for line in let_in_lines(let_in(desk, planned.plan, left, control)):
        typer.echo(visible(line))


def _desk(config: str, who: str | None) -> tuple[HoldDesk, Member]:
    return hold_desk(load(config)), member(acting(who))


def _named(accounts: Sequence[str] | None, file: str | None) -> tuple[str, ...]:
    named = list(accounts or ())
    if file is not None:
        with open(file, encoding="utf-8", errors="replace") as lines:
            named += [line.strip() for line in lines if line.strip() and line[0] != "#"]
    return tuple(map(normal, named))


def _case(actor: Member, name: str | None) -> tuple[str, tuple[str, ...], bool]:
    """Give a case's reference, the accounts it concerns that are not over with, whether an outage."""
    if name is None:
        return "", (), False
    found = cases.case_file(actor, name).case
    if found.stage is cases.Stage.CLOSED:
        raise typer.BadParameter(f"{found.reference} is closed", param_hint="--case")
    accounts = tuple(one for one, state in found.accounts.items() if state not in _OVER)
    return found.reference, accounts, found.kind is cases.Kind.OUTAGE


def _only_case(desk: HoldDesk, actor: Member, accounts: Sequence[str], kind: Kind) -> str:
    """Give the one case that somebody knows of and that holds these accounts; "" for holds of none."""
    found = sorted({one.case for one in desk.holds_of(accounts, actor) if one.kind is kind})
    if len(found) > 1:
        named = ", ".join(one or "none" for one in found)
        raise typer.BadParameter(f"held by several cases ({named}); name one", param_hint="--case")
    if not accounts:
        raise typer.BadParameter("name accounts, --file or --case", param_hint="ACCOUNT")
    return found[0] if found else ""
