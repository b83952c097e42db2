"""Whether the accounts whose message it is hold their own copy of it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from postwarden.evidence.service import Engine
from postwarden.sources.service import CopyRecord
from postwarden.verdicts.facts import Verdict
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.subjects import Subject


def with_rightful_copies(
    engine: Engine, findings: Sequence[Finding], subjects: Sequence[Subject]
) -> Iterator[Finding]:
    """Give the findings with `has_rightful_copy` set on the misdelivered ones.

    Two copies are of one message when they share their Message-ID and the sender's header block, or,
    for mail that was sent again by somebody else, Message-ID, date and author.
    """
    wanted = [f for f in findings if f.verdict is Verdict.MISDELIVERED and f.rightful]
    held = _held(engine, wanted, {subject.id: subject for subject in subjects})
    for finding in findings:
        if finding.verdict is Verdict.MISDELIVERED and finding.rightful:
            own = held[finding.id]
            yield replace(finding, has_rightful_copy=own.issuperset(finding.rightful))
        else:
            yield finding


def _held(
    engine: Engine, findings: Sequence[Finding], subjects: dict[str, Subject]
) -> defaultdict[str, set[str]]:
    """Give, by finding, the rightful accounts that hold a copy of its message."""
    stored: defaultdict[tuple[str, str | None], list[CopyRecord]] = defaultdict(list)
    copies = engine.tables["copies"]
    accounts = sorted({account for finding in findings for account in finding.rightful})
    owners = engine.given({"account": pa.string()}, [(account,) for account in accounts])
    ids = sorted({finding.message_id for finding in findings if finding.message_id})
    named = engine.given({"message_id": pa.string()}, [(name,) for name in ids])
    theirs = copies.semi_join(owners, "account")
    if any(finding.message_id is None for finding in findings):
        found = theirs.filter(theirs.message_id.isnull()).union(
            theirs.semi_join(named, "message_id")
        )
    else:
        found = theirs.semi_join(named, "message_id")
    for copy in engine.records(found, CopyRecord) if findings else ():
        stored[copy.account, copy.message_id].append(copy)
    held: defaultdict[str, set[str]] = defaultdict(set)
    for finding in findings:
        for account in finding.rightful:
            others = stored[account, finding.message_id]
            if any(_same_message(subjects[finding.id], other) for other in others):
                held[finding.id].add(account)
    return held


def _same_message(subject: Subject, other: CopyRecord) -> bool:
    if subject.copy is None:
        line = subject.line
        return subject.message_id is not None or (
            line is not None and line.session_id is not None and line.session_id == other.lmtp_id
        )
    copy = subject.copy
    if copy.header_hash == other.header_hash:
        return True
    return copy.message_id is not None and (copy.date, copy.from_) == (other.date, other.from_)
