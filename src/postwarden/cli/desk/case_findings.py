"""An examination whose findings a case takes."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cli.output.hostile import visible
from postwarden.configuration import Configuration
from postwarden.opened import Opened, opened
from postwarden.verdicts.service import Finding, Question
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


def taken_from(evidence: Opened, question: Question, found: tuple[Finding, ...]) -> cases.Taken:
    """Give what a case takes of an examination that was asked this question."""
    return cases.Taken(
        snapshot=evidence.manifest.name,
        mailboxes=frozenset(question.accounts or evidence.accounts()),
        findings=found,
        since=question.since,
        until=question.until,
        senders=_senders(evidence, found),
    )


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


def _senders(evidence: Opened, found: Sequence[Finding]) -> dict[str, str]:
    """Give the From addresses of the copies found, by the finding's id."""
    places = {(one.store, one.account, one.file): one.id for one in found}
    copies = evidence.engine.tables["copies"]
    holders = evidence.engine.named("account", sorted({one.account for one in found}))
    columns = ("store", "account", "file", "from_")
    senders: dict[str, str] = {}
    for batch in evidence.engine.batches(copies.semi_join(holders, "account").select(*columns)):
        for row in batch.to_pylist():
            name = places.get((row["store"], row["account"], row["file"]))
            if name is not None and row["from_"]:
                senders[name] = row["from_"]
    return senders
