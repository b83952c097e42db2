"""A case for people at a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from postwarden.cases.service import Case, CaseFile, TimelineEntry, matches
from postwarden.cli.output.hostile import visible
from postwarden.cli.output.times import short, with_year, zone_name
from postwarden.words.cases import STATES, deed, task

_MOST = 20
_TIMES = {
    "occurred_from": "occurred from",
    "occurred_to": "occurred to",
    "detected": "detected",
    "aware": "aware",
    "reported": "reported",
}


def print_cases(found: Iterable[Case], console: Console, zone: ZoneInfo) -> None:
    """Print a line for each case."""
    table = Table("case", "kind", "stage", "opened", "lead", "title", box=None, pad_edge=False)
    for case in found:
        opened = short(case.opened, zone)
        cells = (case.reference, case.kind, case.stage, opened, case.lead or "nobody", case.title)
        table.add_row(*map(visible, cells))
    console.print(table)


class CasePrinter:
    """Prints one case, part by part; what is long is cut, and says so."""

    def __init__(self, console: Console, zone: ZoneInfo) -> None:
        self._console = console
        self._zone = zone

    def print(self, file: CaseFile) -> None:
        """Print all of it."""
        self._head(file)
        self.tasks(file.case)
        self._accounts(file)
        self._reports(file)
        self._findings(file)
        self._timeline(file)

    def tasks(self, case: Case) -> None:
        """Print what is to be done, and what was."""
        if not case.tasks:
            return
        self._title(f"Tasks: {sum(one.done_at is None for one in case.tasks)} to do")
        for one in case.tasks:
            done = f"[done by {one.done_by}, {self._short(one.done_at)}] " if one.done_at else ""
            self._say(f"  {one.label}  {done}{task(one)}")

    def _head(self, file: CaseFile) -> None:
        case = file.case
        self._say(f"{case.reference} {case.kind}, {case.stage}: {case.title}")
        self._say(f"  organisations  {', '.join(case.organisations)}")
        self._say(f"  lead           {case.lead or 'nobody yet'}")
        self._say(f"  severity       {case.severity or 'not assessed yet'}")
        for name, word in _TIMES.items():
            at = getattr(case.times, name)
            told = "not known" if at is None else with_year(at, self._zone)
            self._say(f"  {word:<14} {told}")
        for party in case.parties:
            cause = f": {party.cause}" if party.cause else ""
            self._say(f"  responsible    {party.name}{cause} ({party.confidence})")
        for word, names in (("merged into it", file.merged), ("split off", file.parts)):
            if names:
                self._say(f"  {word:<14} {', '.join(names)}")
        if case.split_from:
            self._say(f"  split from     {case.split_from}")

    def _accounts(self, file: CaseFile) -> None:
        if not file.accounts:
            return
        counted = Counter(STATES[one.state] for one in file.accounts)
        told = ", ".join(f"{number} {state}" for state, number in sorted(counted.items()))
        self._title(f"Accounts concerned: {len(file.accounts)} ({told})")
        self._some(f"  {one.account}  {STATES[one.state]}" for one in file.accounts)

    def _reports(self, file: CaseFile) -> None:
        if not file.reports:
            return
        self._title(f"Reports from customers: {len(file.reports)}")
        means = matches(file)
        self._some(
            f"  {one.label}  {self._short(one.received)}  {one.account}  "
            + _meant(Counter(map(str, means[one.label].values())))
            for one in file.reports
        )

    def _findings(self, file: CaseFile) -> None:
        present = [one for one in file.findings if one.present]
        if not file.findings:
            return
        counted = Counter(one.verdict for one in present)
        told = ", ".join(f"{number} {verdict}" for verdict, number in sorted(counted.items()))
        gone = len(file.findings) - len(present)
        self._title(f"Findings: {told or 'none left'}{f'; {gone} no longer found' if gone else ''}")
        self._some(
            f"  {one.id}  {one.account}  {one.verdict}"
            + (f", rightful: {', '.join(one.facts['rightful'])}" if one.facts["rightful"] else "")
            for one in present
        )

    def _timeline(self, file: CaseFile) -> None:
        self._title(f"Timeline (times in {zone_name(self._zone)})")
        for one in _folded(file.timeline):
            cited = f" [{', '.join(one.evidence)}]" if one.evidence else ""
            self._say(f"  {self._short(one.at)}  {one.actor}: {deed(one)}{cited}")

    def _some(self, lines: Iterable[str]) -> None:
        every = list(lines)
        for line in every[:_MOST]:
            self._say(line)
        if len(every) > _MOST:
            self._say(f"  … and {len(every) - _MOST} more; --json has all of them")

    def _title(self, text: str) -> None:
        self._console.print()
        self._say(text)

    def _say(self, text: str) -> None:
        self._console.print(visible(text))

    def _short(self, at: int | None) -> str:
        return short(at, self._zone)


def _folded(timeline: Iterable[TimelineEntry]) -> Iterator[TimelineEntry]:
    """Tell as one what was done to many accounts in step after step, with nothing else between."""
    for about_many, entries in groupby(timeline, key=lambda one: "count" in one.values):
        if not about_many:
            yield from entries
            continue
        told: dict[object, TimelineEntry] = {}
        for one in entries:
            rest = {name: value for name, value in one.values.items() if name != "count"}
            same = (one.actor, one.act, one.text, one.evidence, *rest.items())
            before = told.get(same)
            count = one.values["count"] + (before.values["count"] if before else 0)
            told[same] = (before or one)._replace(values={**rest, "count": count})
        yield from told.values()


def _meant(sure: Counter[str]) -> str:
    if not sure:
        return "matches no finding"
    return ", ".join(f"{number} {how} match" for how, number in sorted(sure.items()))
