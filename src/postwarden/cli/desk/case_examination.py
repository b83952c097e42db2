"""An examination that a case asks for: what it looked at in each account, and what becomes of them."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cli.desk.case_findings import plain_console, print_refreshed, taken_from
from postwarden.cli.desk.seat import seat
from postwarden.cli.options import now
from postwarden.cli.output.hostile import visible
from postwarden.drafting import later, of_case
from postwarden.evidence.service import stored
from postwarden.opened import Opened
from postwarden.verdicts.service import Coverage, Finding, Question, Verdict
from postwarden.vocabulary import Moment
from postwarden.words.cases import STATES, many


def asked(config: str, who: str | None, case: str, question: Question) -> Question:
    """Give the question as a case asks it: of mail since shortly before it occurred, or as is said."""
    with seat(config, who) as at:
        times = cases.case_file(at.who, case).case.times
    return of_case(times, question)


class Examined(NamedTuple):
    """An examination: of what, what was asked, which logs there were, and the answer."""

    evidence: Opened
    question: Question
    coverage: Coverage
    findings: tuple[Finding, ...]


def keep(config: str, who: str | None, case: str, done: Examined) -> None:
    """Let the case have the findings and what was looked at, and print what became of its accounts."""
    found = tuple(
        one
        for one in done.findings
        if (one.verdict not in _PLAIN or _says_more(one)) and not one.settled
    )
    taken = taken_from(done.evidence, done.question, found)
    with seat(config, who) as at:
        file = cases.case_file(at.who, case).case
        concerned = file.accounts
        accounts = (set(concerned) | {one.account for one in found if one.wrong}) & taken.mailboxes
        looks = _looks(done, found, accounts, _logged(done.coverage, file.times))
        refreshed, states = cases.examined(at.desk, at.who, file.reference, taken, looks, now())
    console = plain_console(stderr=True)  # beside findings that a program may read
    print_refreshed(taken, refreshed, console)
    _print(states, set(concerned) - set(taken.mailboxes), console)
    if None in (file.times.occurred_from, file.times.occurred_to):
        console.print(
            "Nobody is cleared while the case does not say when it began and ended:"
            f" postwarden case change {file.reference} --occurred-from TIME --occurred-to TIME"
        )


def _says_more(finding: Finding) -> bool:
    return finding.leaves_out or finding.duplicate_of is not None


_PLAIN = (Verdict.RIGHTFUL, Verdict.OWN)


def _logged(coverage: Coverage, times: cases.Times) -> tuple[Moment | None, Moment | None]:
    """Give the time of the fault where the logs cover all of it."""
    since, until = times.occurred_from, times.occurred_to
    if since is None or until is None or not coverage.whole_between(since, until):
        return None, None
    return since, until


def _looks(
    done: Examined,
    found: tuple[Finding, ...],
    accounts: set[str],
    logged: tuple[Moment | None, Moment | None],
) -> list[cases.Look]:
    manifest, question = done.evidence.manifest, done.question
    digest = sha256(manifest.to_json().encode()).hexdigest()
    wrong = Counter(one.account for one in found if one.wrong)
    doubtful = Counter(one.account for one in found if one.verdict is Verdict.UNEXPLAINED)
    repaired = Counter(one.account for one in done.findings if one.settled)
    return [
        cases.Look(
            account=account,
            snapshot=manifest.name,
            sha256=digest,
            taken=manifest.taken,
            since=later(question.since, manifest.scope.since),
            until=question.until,
            copies=here.copies,
            wrong=wrong[account],
            unexplained=doubtful[account],
            unread=here.unread,
            logged_from=logged[0],
            logged_to=logged[1],
            repaired=repaired[account],
        )
        for account, here in sorted(stored(done.evidence.engine, accounts).items())
    ]


def _print(states: Mapping[str, cases.State], unseen: set[str], console: Console) -> None:
    for state, count in Counter(states.values()).items():
        console.print(f"{STATES[state].capitalize()}: {many(count)}.")
    if unseen:
        first = visible(min(unseen))
        console.print(f"Not looked at, for the snapshot has no such mailbox: {first} …")
