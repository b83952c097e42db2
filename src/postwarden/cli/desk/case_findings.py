"""An examination whose findings a case takes."""

from collections import Counter

from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cli.output.hostile import visible
from postwarden.configuration import Configuration
from postwarden.examining import taken_from
from postwarden.opened import opened
from postwarden.verdicts.service import Question
from postwarden.vocabulary import Moment
from postwarden.words.cases import many

About = tuple[Moment | None, Moment | None, tuple[str, ...]]
_MOST = 20
_WHAT = {
    cases.What.NEW: "new",
    cases.What.CHANGED: "has another verdict",
    cases.What.GONE: "is no longer found",
    cases.What.BACK: "is found again",
}


def taken(configuration: Configuration, snapshot: str | None, about: About) -> cases.Taken:
    """Examine a snapshot: the one named, or the newest.

    Args:
        configuration: whose.
        snapshot: its name.
        about: since when, until when, and in which mailboxes; none: all.
    """
    question = Question(*about)
    with opened(configuration, snapshot) as evidence:
        evidence.must_hold(question.accounts)
        found = evidence.examination(configuration).findings(question)
        return taken_from(evidence, question, tuple(found))


def plain_console(*, stderr: bool = False) -> Console:
    """Give a console that prints lines as they are."""
    return Console(highlight=False, markup=False, soft_wrap=True, stderr=stderr)


def print_refreshed(taken: cases.Taken, refreshed: cases.Refreshed, console: Console) -> None:
    """Say what changed since the findings that the case had."""
    counted = Counter(refreshed.told.values())
    told = ", ".join(f"{counted[what]} {words}" for what, words in _WHAT.items() if counted[what])
    console.print(visible(f"Snapshot {taken.snapshot}: {told or 'nothing new'}."))
    verdicts = {one.id: f"{one.account}  {one.verdict}" for one in taken.findings}
    listed = sorted(refreshed.told.items(), key=lambda one: (one[1], one[0]))
    for name, what in listed[:_MOST]:
        console.print(visible(f"  {name}  {verdicts.get(name, '')}  {_WHAT[what]}"))
    if len(listed) > _MOST:
        console.print(f"  … and {len(listed) - _MOST} more; `postwarden case show --json` has all.")
    if refreshed.accounts:
        console.print(f"Suspected from now on: {many(len(refreshed.accounts))}.")
