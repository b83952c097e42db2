"""An examination that a case asks for, told on the command line."""

from collections import Counter
from collections.abc import Mapping, Set

from rich.console import Console

from postwarden import examining
from postwarden.cases import service as cases
from postwarden.cli.desk.case_findings import plain_console, print_refreshed
from postwarden.cli.desk.seat import seat
from postwarden.cli.options import now
from postwarden.cli.output.hostile import visible
from postwarden.drafting import of_case
from postwarden.examining import Examined
from postwarden.verdicts.service import Question
from postwarden.words.cases import STATES, many


def asked(config: str, who: str | None, case: str, question: Question) -> Question:
    """Give the question as a case asks it: of mail since shortly before it occurred, or as is said."""
    with seat(config, who) as at:
        times = cases.case_file(at.who, case).case.times
    return of_case(times, question)


def keep(config: str, who: str | None, case: str, done: Examined) -> None:
    """Let the case have the findings and what was looked at, and print what became of its accounts."""
    with seat(config, who) as at:
        kept = examining.keep(at.desk, at.who, case, done, now())
    console = plain_console(stderr=True)  # beside findings that a program may read
    print_refreshed(kept.taken, kept.refreshed, console)
    _print(kept.states, kept.unseen, console)
    if not kept.dated:
        console.print(
            "Nobody is cleared while the case does not say when it began and ended:"
            f" postwarden case change {kept.case} --occurred-from TIME --occurred-to TIME"
        )


def _print(states: Mapping[str, cases.State], unseen: Set[str], console: Console) -> None:
    for state, count in Counter(states.values()).items():
        console.print(f"{STATES[state].capitalize()}: {many(count)}.")
    if unseen:
        first = visible(min(unseen))
        console.print(f"Not looked at, for the snapshot has no such mailbox: {first} …")
