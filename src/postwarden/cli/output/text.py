"""Findings for a person at a terminal or in a pipe: the state, accounts, gaps, the next act."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from postwarden.cli.output import times
from postwarden.cli.output.figures import counted, headline, three, unknown
from postwarden.cli.output.hostile import visible
from postwarden.verdicts.service import Finding, Holder, Owner, Summary
from postwarden.words.verdicts import (
    ACTS,
    GAPS,
    UNEXPLAINED,
    sentence,
    words,
)

_PROOF_OF_DELIVERY = "delivered-"
_DELIVERED, _ANSWER = 18, 11
_IF_OPENED = {True: "red", False: "green", None: "yellow"}
_IF_OWNED = {True: "green", False: "red", None: "yellow"}


def print_text(
    summary: Summary, findings: Iterable[Finding], console: Console, zone: ZoneInfo
) -> None:
    """Print the summary and every wrong copy.

    Args:
        summary: drawn from the same findings.
        findings: in any order; misdelivered and crossed ones are shown one by one, and those left out.
        console: its width is kept to; without colour nothing is lost but colour.
        zone: the provider's, for the times.
    """
    printer = _Printer(console, zone)
    found = sorted((f for f in findings if f.wrong or f.leaves_out), key=_order)
    wrong = [f for f in found if f.wrong]
    printer.state(summary)
    printer.holders(summary.holders, wrong)
    printer.owners(summary.owners)
    printer.left_out([f for f in found if f.leaves_out])
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
        for place, holder in enumerate(holders):
            if place:
                self._console.print()
            acts = ", ".join(ACTS[act].lower() for act in holder.next)
            self._line(f"{holder.account}: {counted(holder.wrong, 'wrong copy')}. Next: {acts}.")
            self._copies(of_account[holder.account])

    def _copies(self, findings: Iterable[Finding]) -> None:
        """Print one mailbox's copies, those that came for the same reason together."""
        groups: defaultdict[tuple[str, ...], list[Finding]] = defaultdict(list)
        for finding in findings:
            groups[_why(finding)].append(finding)
        for why, group in groups.items():
            for text in why:
                self._line(text, indent=2)
            self._line(
                f"{'delivered':{_DELIVERED}}{'opened':{_ANSWER}}{'own copy':{_ANSWER}}explain",
                indent=4,
                style="dim",
            )
            for finding in group:
                self._copy(finding)

    def _copy(self, finding: Finding) -> None:
        opened, owned = finding.exposure.opened, finding.has_rightful_copy
        row = Text(f"{times.short(finding.delivered_at, self._zone):{_DELIVERED}}")
        row.append(f"{three(opened):{_ANSWER}}", style=_IF_OPENED[opened])
        row.append(f"{three(owned):{_ANSWER}}", style=_IF_OWNED[owned])
        row.append(visible(finding.id))
        self._console.print(Padding(row, (0, 0, 0, 4), expand=False))

    def owners(self, owners: Sequence[Owner]) -> None:
        if not owners:
            return
        self._heading("Accounts whose mail lies with others")
        table = Table(box=None, padding=(0, 0, 0, 2), header_style="dim", pad_edge=True)
        table.add_column("account", overflow="fold")
        for heading in ("messages", "lacks", "may lack"):
            table.add_column(heading, justify="right")
        table.add_column("next")
        for owner in owners:
            counts = (owner.messages, owner.lacks, owner.may_lack)
            acts = ", ".join(ACTS[act].lower() for act in owner.next)
            table.add_row(Text(visible(owner.account)), *(f"{n:,}" for n in counts), acts)
        self._console.print(table)

    def left_out(self, leaving: Sequence[Finding]) -> None:
        if leaving:
            self._heading("Left out: who never got what others of their address got")
        for finding in leaving:
            who = ", ".join(finding.lacking)
            self._line(
                f"{finding.message_id or finding.id} for {', '.join(finding.original_recipients)}:"
                f" {who} never got it; {finding.account} has it ({finding.id})."
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
                yield f"{problem.replace('-', ' ')}: {count:,}"
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


def _why(finding: Finding) -> tuple[str, ...]:
    """Say whose it is and why, in the sentences that decided."""
    sentences = [sentence(r) for r in finding.reasons if not r.code.startswith(_PROOF_OF_DELIVERY)]
    return tuple(sentences or map(sentence, finding.reasons))
