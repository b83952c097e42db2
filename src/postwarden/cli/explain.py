"""`postwarden explain`: the chain of proof for one copy."""

from typing import Annotated

import typer
from rich.console import Console

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, SnapshotName
from postwarden.cli.output.hostile import visible
from postwarden.cli.output.times import full
from postwarden.configuration import Configuration, load
from postwarden.opened import opened
from postwarden.sources.service import cited_line
from postwarden.verdicts.service import Citation, Finding, Question
from postwarden.vocabulary import PostwardenError
from postwarden.words.verdicts import sentence


class UnknownCopy(PostwardenError):
    """No copy of the snapshot has that id."""


def explain(
    copy: Annotated[str, typer.Argument(metavar="COPY", help="The id that examine prints.")],
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
    snapshot: SnapshotName = None,
) -> None:
    """Show why one copy has its verdict, with the cited lines; other people's words are masked."""
    configuration = load(config)
    with opened(configuration, snapshot) as evidence:
        findings = evidence.examination(configuration).findings(Question(everything=True))
        finding = next((one for one in findings if one.id == copy), None)
    if finding is None:
        raise UnknownCopy(f"{copy}: no copy of this snapshot has that id; examine prints the ids")
    _print(
        finding, configuration, Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    )


def _print(finding: Finding, configuration: Configuration, console: Console) -> None:
    zone = configuration.provider.zone
    place = finding.file or "no longer stored"
    console.print(
        f"{finding.verdict}: {visible(finding.account)}, {visible(finding.folder or '-')}"
    )
    console.print(f"  file          {visible(place)}")
    console.print(f"  message       {visible(finding.message_id or 'has no Message-ID')}")
    console.print(f"  accepted      {full(finding.accepted_at, zone)}")
    console.print(f"  delivered     {full(finding.delivered_at, zone)}")
    if finding.original_recipients:
        console.print(f"  sent to       {visible(', '.join(finding.original_recipients))}")
    if finding.rightful:
        console.print(f"  whose it is   {visible(', '.join(finding.rightful))}")
    console.print()
    for number, reason in enumerate(finding.reasons, 1):
        console.print(f"{number}. {visible(sentence(reason))}")
        for citation in dict.fromkeys(reason.citations):
            _cite(citation, configuration.base, console)


def _cite(citation: Citation, base: str, console: Console) -> None:
    if not citation.line:
        console.print(f"     {visible(citation.file)} of the copy")
        return
    text = cited_line(base, citation.file, citation.line)
    shown = visible(text) if text is not None else "(the file is no longer there)"
    console.print(f"     {visible(citation.file)}:{citation.line}: {shown}")
