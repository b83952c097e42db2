"""`postwarden person token`, `tokens` and `revoke`: how programs act as somebody."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from postwarden.cli.acting import As, acting
from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.people.service import Permission, Token, make_token, member, revoke_token
from postwarden.people.service import tokens as tokens_of
from postwarden.vocabulary import rfc3339
from postwarden.wiring import ledger, recorder

_DAY = 24 * 3_600_000_000
_SCOPES = ", ".join(Permission)

Label = Annotated[str, typer.Argument(metavar="LABEL", help="What you call it.")]


def token(
    label: Label,
    scope: Annotated[
        list[str],
        typer.Option(
            metavar="SCOPE", help="What it may, such as cases:case:read. May be given again."
        ),
    ],
    days: Annotated[int, typer.Option(min=1, max=366, help="How long it counts.")] = 90,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Print a new token of yours, once: a program that brings it acts as you, within its scope.

    It never has more rights than you, and none once it is revoked or you are retired.
    """
    book = ledger(load(config))
    at = now()
    given = make_token(
        acting(who), label, [_scope(one) for one in scope], at + days * _DAY, recorder(book), at
    )
    typer.echo(given)
    typer.echo(
        f"Keep it: it is not shown again. It counts until {rfc3339(at + days * _DAY)}.", err=True
    )


def tokens(who: As = None, config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """List your tokens with scope and end; never the tokens themselves."""
    ledger(load(config))
    name = member(acting(who)).name
    found = tokens_of(name)
    console = Console(highlight=False, soft_wrap=True)
    if not found:
        console.print("None yet. Next: postwarden person token LABEL --scope cases:case:read")
        return
    table = Table("label", "scope", "counts until", "last used", box=None, pad_edge=False)
    at = now()
    for one in found:
        used = "never" if one.used is None else rfc3339(one.used)
        table.add_row(*map(visible, (one.label, ", ".join(sorted(one.scope)), _end(one, at), used)))
    console.print(table)


def revoke(
    label: Label,
    of: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose, where it is not your own.")
    ] = None,
    who: As = None,
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
) -> None:
    """Let a token count no more, from the next request on; `person revoke-key` does so for a key."""
    book = ledger(load(config))
    actor = acting(who)
    revoke_token(of or actor, label, actor, recorder(book), now())
    typer.echo(f"{visible(label)} counts no more.")


def _scope(text: str) -> Permission:
    try:
        return Permission(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text} is no scope; there are {_SCOPES}", param_hint="--scope"
        ) from None


def _end(one: Token, now: int) -> str:
    if one.revoked is not None:
        return "revoked"
    return rfc3339(one.expires) if one.counts(now) else "over"
