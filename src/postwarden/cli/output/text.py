"""Findings for a person at a terminal or in a pipe: the state, accounts, gaps, the next act."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from postwarden.cli.output import times
from postwarden.cli.output.figures import counted, headline, three, unknown
from postwarden.cli.output.hostile import visible
from postwarden.cli.output.sentences import (
    ACTS,
    GAPS,
    UNEXPLAINED,
    sentence,
    words,
)
from postwarden.verdicts.service import Finding, Holder, Owner, Summary

_DELIVERED, _ANSWER = 18, 11
_IF_OPENED = {True: "red", False: "green", None: "yellow"}
_IF_OWNED = {True: "green", False: "red", None: "yellow"}


def print_text(
    summary: Summary, findings: Iterable[Finding], console: Console, zone: ZoneInfo
) -> None:
    """Print the summary and every wrong copy.

    Args:
        summary: drawn from the same findings.
        findings: in any order; only misdelivered and crossed ones are shown one by one.
        console: its width is kept to; without colour nothing is lost but colour.
        zone: the provider's, for the times.
    """
    printer = _Printer(console, zone)
    wrong = sorted((f for f in findings if f.wrong), key=_order)
    printer.state(summary)
    printer.holders(summary.holders, wrong)
    printer.owners(summary.owners)
    printer.unknown(summary)
    printer.next(wrong, summary)


def _order(finding: Finding) -> tuple[str, int, str]:
    return finding.account, finding.delivered_at or 0, finding.id


class _Printer:
    """Writes to one console; every text passes `visible` on its way."""

    def __init__(self, console: Console, zone: ZoneInfo) -> None:
        self._console = console
        self._zone = zone

    def state(self, summary: Summary) -> None:
        about = summary.background
        self._line(headline(summary), style="bold red" if summary.wrong else "bold")
        self._line(
            f"{about.provider}, snapshot {about.snapshot},"
            f" taken {times.with_year(about.taken, self._zone)}",
            style="dim",
        )

    def holders(self, holders: Sequence[Holder], wrong: Sequence[Finding]) -> None:
        of_account: defaultdict[str, list[Finding]] = defaultdict(list)
        for finding in wrong:
            of_account[finding.account].append(finding)
        if holders:
            self._heading("Mailboxes with wrong copies")
        for holder in holders:
            acts = ", ".join(ACTS[act].lower() for act in holder.next)
            self._line(f"{holder.account}: {counted(holder.wrong, 'wrong copy')}. Next: {acts}.")
            self._line(
                f"{'delivered':{_DELIVERED}}{'opened':{_ANSWER}}{'own copy':{_ANSWER}}explain",
                indent=2,
                style="dim",
            )
            for finding in of_account[holder.account]:
                self._finding(finding)
            self._line("")

    def _finding(self, finding: Finding) -> None:
        opened, owned = finding.exposure.opened, finding.has_rightful_copy
        row = Text(f"{times.short(finding.delivered_at, self._zone):{_DELIVERED}}")
        row.append(f"{three(opened):{_ANSWER}}", style=_IF_OPENED[opened])
        row.append(f"{three(owned):{_ANSWER}}", style=_IF_OWNED[owned])
        row.append(visible(finding.id))
        self._console.print(Padding(row, (0, 0, 0, 2), expand=False))
        for text in _told(finding):
            self._line(text, indent=4)

    def owners(self, owners: Sequence[Owner]) -> None:
        if owners:
            self._heading("Accounts whose mail lies with others")
        for owner in owners:
            acts = ", ".join(ACTS[act].lower() for act in owner.next)
            lacking = f", lacks {owner.lacks:,}" if owner.lacks else ""
            perhaps = f", may lack {owner.may_lack:,}" if owner.may_lack else ""
            self._line(
                f"{owner.account}: {counted(owner.messages, 'message')} in other mailboxes"
                f"{lacking}{perhaps}. Next: {acts}.",
                indent=2,
            )

    def unknown(self, summary: Summary) -> None:
        if summary.cannot_know:
            self._heading("What cannot be known")
        for code, count in summary.cannot_know:
            self._line(": ".join(unknown(code, count)), indent=2)
            for text in self._details(code, summary):
                self._line(text, indent=6)

    def _details(self, code: str, summary: Summary) -> Iterator[str]:
        if code == "unexplained":
            for reason, count in summary.unexplained:
                yield f"{count:,} {words(UNEXPLAINED, reason)}"
        elif code == "problems":
            for problem, count in summary.problems:
                yield f"{count:,} {problem.replace('-', ' ')}"
        elif code == "gaps":
            for log in summary.logs:
                for gap in log.gaps:
                    yield (
                        f"{log.server}: {times.short(gap.since, self._zone)},"
                        f" {times.length(gap.until - gap.since)}; {words(GAPS, gap.reason)}"
                    )

    def next(self, wrong: Sequence[Finding], summary: Summary) -> None:
        self._heading("Next")
        if wrong:
            self._line(f"postwarden explain {wrong[0].id}", indent=2)
        elif summary.cannot_know:
            self._line("postwarden examine --format jsonl", indent=2)
        self._line("postwarden examine --format html > report.html", indent=2)

    def _heading(self, text: str) -> None:
        self._console.print()
        self._line(text, style="bold")

    def _line(self, text: str, *, indent: int = 0, style: str = "") -> None:
        self._console.print(
            Padding(Text(visible(text), style=style), (0, 0, 0, indent), expand=False)
        )


def _told(finding: Finding) -> Iterator[str]:
    """Say whose it is, and the reason that decided."""
    address = finding.original_recipient or "not known"
    whose = ", ".join(finding.rightful) or "nobody that the directory knows"
    if finding.other_message is not None:
        yield f"for {address}; content of {finding.other_message}"
    else:
        yield f"for {address}, the mail of {whose}"
    if finding.reasons:
        yield sentence(finding.reasons[-1])
