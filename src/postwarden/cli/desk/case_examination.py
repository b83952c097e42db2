"""An examination that a case asks for: what it looked at in each account, and what becomes of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

from rich.console import Console

from postwarden.cases import service as cases
from postwarden.cli.desk.case_findings import plain_console, print_refreshed, taken_from
from postwarden.cli.desk.case_words import STATES, many
from postwarden.cli.desk.seat import seat
from postwarden.cli.opened import Opened
from postwarden.cli.options import now
from postwarden.cli.output.hostile import visible
from postwarden.evidence.service import stored
from postwarden.verdicts.service import Finding, Question, Verdict
from postwarden.vocabulary import Moment


def asked(config: str, who: str | None, case: str, question: Question) -> Question:
    """Give the question as a case asks it: of mail since shortly before it occurred, or as is said."""
    with seat(config, who) as at:
        since = cases.case_file(at.who, case).case.times.occurred_from
    return replace(question, since=question.since or (since and since - cases.SPARE))


def keep(  # whose, who, where, and what was asked of what, with what answer
    config: str,
    who: str | None,
    case: str,
    evidence: Opened,
    question: Question,
    findings: tuple[Finding, ...],
) -> None:
    """Let the case have the findings and what was looked at, and print what became of its accounts."""
    found = tuple(one for one in findings if one.verdict not in _PLAIN)
    taken = taken_from(evidence, question, found)
    with seat(config, who) as at:
        concerned = cases.case_file(at.who, case).case.accounts
        accounts = (set(concerned) | {one.account for one in found if one.wrong}) & taken.mailboxes
        looks = _looks(evidence, question, found, accounts)
        refreshed, states = cases.examined(at.desk, at.who, case, taken, looks, now())
    console = plain_console(stderr=True)  # beside findings that a program may read
    print_refreshed(taken, refreshed, console)
    _print(states, set(concerned) - set(taken.mailboxes), console)


_PLAIN = (Verdict.RIGHTFUL, Verdict.OWN)


def _looks(
    evidence: Opened, question: Question, found: tuple[Finding, ...], accounts: set[str]
) -> list[cases.Look]:
    manifest = evidence.manifest
    digest = sha256(manifest.to_json().encode()).hexdigest()
    wrong = Counter(one.account for one in found if one.wrong)
    doubtful = Counter(one.account for one in found if not one.wrong)
    return [
        cases.Look(
            account=account,
            snapshot=manifest.name,
            sha256=digest,
            taken=manifest.taken,
            since=_later(question.since, manifest.scope.since),
            until=question.until,
            copies=here.copies,
            wrong=wrong[account],
            unexplained=doubtful[account],
            unread=here.unread,
        )
        for account, here in sorted(stored(evidence.engine, accounts).items())
    ]


def _later(one: Moment | None, other: Moment | None) -> Moment | None:
    known = [at for at in (one, other) if at is not None]
    return max(known, default=None)


def _print(states: Mapping[str, cases.State], unseen: set[str], console: Console) -> None:
    for state, count in Counter(states.values()).items():
        console.print(f"{STATES[state].capitalize()}: {many(count)}.")
    if unseen:
        first = visible(min(unseen))
        console.print(f"Not looked at, for the snapshot has no such mailbox: {first} …")
