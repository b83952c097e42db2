"""`postwarden plans` and `approve`: what is to be done to accounts, and somebody else's consent."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from postwarden.cli.acting import As, acting
from postwarden.cli.desk.signing import sign
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.custody.service import Plan, Seen, Stage, consent
from postwarden.holds.service import HoldDesk, MailControl, let_in
from postwarden.people.service import member
from postwarden.vocabulary import rfc3339
from postwarden.wiring import hold_desk, mail_control
from postwarden.words.acts import act_lines
from postwarden.words.holds import left_lines, let_in_lines
from postwarden.words.plans import acts, not_possible, stage

_HOUR = 3_600_000_000

Hash = Annotated[str, typer.Argument(metavar="HASH", help="Of the plan, or the start of it.")]


def plans(
    plan: Annotated[
        str | None, typer.Argument(metavar="HASH", help="Show this plan with all its acts.")
    ] = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """List plans with what they wait for, or show one, act by act.

    Only those of organisations whose cases you may read, with the acts that concern these.
    """
    desk = hold_desk(load(config))
    actor = member(acting(who))
    console = Console(highlight=False, soft_wrap=True)
    if plan is not None:
        with not_possible():
            lines = _diff(desk.plans.shown(plan, actor))
        for line in lines:
            console.print(visible(line), markup=False)
        return
    found = [one.plan for one in desk.plans.seen(actor)]
    table = Table("plan", "case", "by", "acts", "stage", "reason", box=None, pad_edge=False)
    for one in found:
        count = str(len(one.acts))
        row = (one.hash[:12], one.case or "-", one.requester, count, stage(one), one.reason)
        table.add_row(*map(visible, row))
    console.print(table if found else "There are no plans.")
    for hashed in desk.plans.ruined():
        told = f"plan {hashed[:12]} is not as it was frozen: run `postwarden verify`"
        console.print(visible(told), markup=False)


def approve(
    plan: Hash,
    key: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Your key; the .pub file alone where an SSH agent holds the other half.",
        ),
    ] = "~/.ssh/id_ed25519",
    hours: Annotated[
        float, typer.Option(min=0.01, max=24, help="How long the approval counts.")
    ] = 1.0,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Sign a plan that somebody else asked for; with enough approvals it is carried out at once."""
    configuration = load(config)
    desk = hold_desk(configuration)
    actor = member(acting(who))
    with not_possible():
        found = desk.plans.get(plan)
        expires = now() + int(hours * _HOUR)
        signature = sign(consent(found.hash, len(found.acts), expires), key)
        approved = desk.approve(found.hash, actor, expires, signature, now())
        typer.echo(f"Approved {found.hash[:12]} as {visible(actor.name)}: {acts(len(found.acts))}.")
        if approved.stage is Stage.RUNNING and not approved.emergency:
            _carry(desk, approved, mail_control(configuration))


def _carry(desk: HoldDesk, plan: Plan, control: MailControl | None) -> None:
    carried = desk.carry(plan.hash, now)
    for line in left_lines(carried.left):
        typer.echo(visible(line))
    ended = (
        "stopped, for something had changed" if carried.stage is Stage.STOPPED else "carried out"
    )
    typer.echo(f"The plan was {ended}: {acts(carried.done)}.")
    left = {account for account, _ in carried.left}
    for line in let_in_lines(let_in(desk, plan, left, control)):
        typer.echo(visible(line))


def _diff(seen: Seen) -> list[str]:
    plan = seen.plan
    lines = [
        f"plan {plan.hash}",
        f"by {plan.requester}, {rfc3339(plan.made)}: {plan.reason or 'no reason given'}",
        f"case {plan.case or '-'}; {len(plan.acts)} acts; {stage(plan)}",
    ]
    lines += [
        f"approved by {one.approver} {rfc3339(one.at)}, until {rfc3339(one.expires)}"
        for one in plan.approvals
    ]
    lines += (line for act in seen.acts for line in act_lines(act))
    others = len(plan.acts) - len(seen.acts)
    return lines + ([f"… and {others} acts of other organisations."] if others else [])
