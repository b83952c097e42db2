"""An examination that a case asks for: what it looked at in each account, and what becomes of them.

Shells import it where they examine, for it loads the engine.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from django.db import transaction

from postwarden.cases import service as cases
from postwarden.cases.service import Desk, State, Times
from postwarden.configuration import Configuration
from postwarden.drafting import Watched, later, of_case
from postwarden.evidence.service import stored
from postwarden.opened import Opened, opened
from postwarden.people.service import Member
from postwarden.verdicts.service import Coverage, Finding, Question, Verdict
from postwarden.vocabulary import Moment

_PLAIN = (Verdict.RIGHTFUL, Verdict.OWN)


class Examined(NamedTuple):
    """An examination: of what, what was asked, which logs there were, and the answer."""

    evidence: Opened
    question: Question
    coverage: Coverage
    findings: tuple[Finding, ...]


class Kept(NamedTuple):
    """What became of a case by an examination.

    Attributes:
        case: reference it goes by.
        taken: what it has from it.
        refreshed: what changed since the findings it had.
        states: of each account that was looked at, by now.
        unseen: accounts of the case that the snapshot has no mailbox of.
        dated: the case says when it began and ended; nobody is cleared before it does.
    """

    case: str
    taken: cases.Taken
    refreshed: cases.Refreshed
    states: Mapping[str, State]
    unseen: frozenset[str]
    dated: bool


def examine(
    configuration: Configuration,
    desk: Desk,
    who: Member,
    case: str,
    present: Moment,
    watched: Watched = iter,
    ended: Callable[[Kept], None] = lambda _: None,
) -> Kept:
    """Examine the newest snapshot for a case, and let the case have what was found.

    Args:
        configuration: of the installation.
        desk: of cases.
        who: asks for it.
        case: reference.
        present: moment.
        watched: is passed each finding as it is found.
        ended: is called in the transaction in which the case has it; nothing is kept where it raises.

    Raises:
        NoSuchCase, NotAllowed: as cases have them.
        EvidenceError: there is no snapshot that can be asked.
        DirectoryNotWhole: it lacks an address table.
    """
    question = of_case(cases.case_file(who, case).case.times, Question())
    with opened(configuration, None) as evidence:
        examination = evidence.examination(configuration)
        found = tuple(watched(examination.findings(question)))
        done = Examined(evidence, question, examination.coverage, found)
        return keep(desk, who, case, done, present, ended)


def keep(  # in which case, by whom, of what, when, and what goes with it
    desk: Desk,
    who: Member,
    case: str,
    done: Examined,
    present: Moment,
    ended: Callable[[Kept], None] = lambda _: None,
) -> Kept:
    """Let a case have the findings of an examination, and what was looked at; `ended` is as in `examine`.

    Raises:
        NoSuchCase, NotAllowed: as cases have them.
    """
    found = tuple(
        one
        for one in done.findings
        if (one.verdict not in _PLAIN or _says_more(one)) and not one.settled
    )
    taken = taken_from(done.evidence, done.question, found)
    file = cases.case_file(who, case).case
    accounts = {*file.accounts, *(one.account for one in found if one.wrong)} & taken.mailboxes
    looks = _looks(done, found, accounts, _logged(done.coverage, file.times))
    unseen = frozenset(file.accounts) - taken.mailboxes
    dated = None not in (file.times.occurred_from, file.times.occurred_to)
    with transaction.atomic():
        refreshed, states = cases.examined(desk, who, file.reference, taken, looks, present)
        kept = Kept(file.reference, taken, refreshed, states, unseen, dated)
        ended(kept)
    return kept


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


def _says_more(finding: Finding) -> bool:
    return finding.leaves_out or finding.duplicate_of is not None


def _logged(coverage: Coverage, times: Times) -> tuple[Moment | None, Moment | None]:
    """Give the time of the fault where the logs cover all of it."""
    since, until = times.occurred_from, times.occurred_to
    if since is None or until is None or not coverage.whole_between(since, until):
        return None, None
    return since, until


def _looks(
    done: Examined,
    found: tuple[Finding, ...],
    accounts: Collection[str],
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
