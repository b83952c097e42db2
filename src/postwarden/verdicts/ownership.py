"""Whether the accounts whose message it is hold their own copy of it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import NamedTuple

import ibis.expr.types as ir
import pyarrow as pa

from postwarden.evidence.service import Engine
from postwarden.sources.service import CopyRecord
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.subjects import Subject, copy_id


class _Held(NamedTuple):
    """What of an owner's copy tells whether it is of the same message."""

    store: str
    account: str
    folder: str
    file: str
    message_id: str | None
    date: str | None
    from_: str | None
    header_hash: str
    lmtp_id: str | None
    size: int
    header_size: int
    content_hash: str | None


def with_rightful_copies(
    engine: Engine, wrong: Sequence[tuple[Finding, Subject]]
) -> Iterator[Finding]:
    """Give misdelivered findings with `lacking` and `has_rightful_copy` set.

    Two copies are of one message when they share their Message-ID and the sender's header block, or,
    for mail that was sent again by somebody else, Message-ID, date and author; and the body, as far as
    it is known: anybody can send a header again. A copy that is itself misdelivered is nobody's own.

    Args:
        engine: of the snapshot.
        wrong: every misdelivered finding of the examination, with what was judged.
    """
    misplaced = {finding.id for finding, _ in wrong if not finding.settled}
    held = holding(engine, wrong, misplaced)
    for finding, _ in wrong:
        lacking = tuple(a for a in finding.rightful if a not in held[finding.id])
        has = not lacking if finding.rightful else None
        yield replace(finding, has_rightful_copy=has, lacking=lacking)


def holding(
    engine: Engine, found: Sequence[tuple[Finding, Subject]], misplaced: Set[str]
) -> Mapping[str, Set[str]]:
    """Give, by finding, the rightful accounts that hold a copy of its message.

    Args:
        engine: of the snapshot.
        found: findings, each with what was judged.
        misplaced: copies that are nobody's own, by id.
    """
    findings = [finding for finding, _ in found]
    stored: defaultdict[tuple[str, str | None], list[_Held]] = defaultdict(list)
    for copy in engine.records(_theirs(engine, findings), _Held) if findings else ():
        if copy_id(copy.store, copy.account, copy.folder, copy.file) not in misplaced:
            stored[copy.account, copy.message_id].append(copy)
    held: defaultdict[str, set[str]] = defaultdict(set)
    for finding, subject in found:
        for account in finding.rightful:
            others = stored[account, finding.message_id]
            if any(_same_message(subject, other) for other in others):
                held[finding.id].add(account)
    return held


def _theirs(engine: Engine, findings: Sequence[Finding]) -> ir.Table:
    """Give the copies in the rightful accounts that could be of the messages."""
    copies = engine.tables["copies"].select(*_Held._fields)
    accounts = sorted({account for finding in findings for account in finding.rightful})
    owners = engine.given({"account": pa.string()}, [(account,) for account in accounts])
    ids = sorted({finding.message_id for finding in findings if finding.message_id})
    named = engine.given({"message_id": pa.string()}, [(name,) for name in ids])
    theirs = copies.semi_join(owners, "account")
    found = theirs.semi_join(named, "message_id")
    if any(finding.message_id is None for finding in findings):
        found = theirs.filter(theirs.message_id.isnull()).union(found)
    return found


def _same_message(subject: Subject, other: _Held) -> bool:
    if subject.copy is None:
        line = subject.line
        return subject.message_id is not None or (
            line is not None and line.session_id is not None and line.session_id == other.lmtp_id
        )
    copy = subject.copy
    if not _same_body(copy, other):
        return False
    if copy.header_hash == other.header_hash:
        return True
    return copy.message_id is not None and (copy.date, copy.from_) == (other.date, other.from_)


def _same_body(copy: CopyRecord, other: _Held) -> bool:
    """Tell by their hashes, else within one store by their sizes; stores differ in line ends."""
    if copy.content_hash is not None and other.content_hash is not None:
        return copy.content_hash == other.content_hash
    sizes = copy.size - copy.header_size, other.size - other.header_size
    return copy.store != other.store or sizes[0] == sizes[1]
