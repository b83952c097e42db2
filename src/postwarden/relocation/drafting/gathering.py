"""From what an examination found to candidates for a plan: which stored copies are meant, and who had theirs."""

from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa

from postwarden.evidence.service import Engine
from postwarden.relocation.acts import BY_LMTP
from postwarden.relocation.drafting.planning import Candidate
from postwarden.relocation.models import CopyRow
from postwarden.relocation.ports import Route, Wanted
from postwarden.relocation.rules import Outcome
from postwarden.sources.service import CopyRecord
from postwarden.verdicts.service import Examination, Finding, Verdict

_MANY = 500


def candidates(
    engine: Engine, examination: Examination, findings: Sequence[Finding]
) -> list[Candidate]:
    """Give what a plan decides about: every copy that is not plainly right."""
    wrong = [one for one in findings if one.verdict is Verdict.MISDELIVERED]
    held = examination.ever_held(wrong)
    stored = _stored(engine, findings)
    undecided = _undecided([one.id for one in findings])
    return [
        _candidate(
            one,
            stored.get((one.store, one.account, one.folder, one.file)),
            held.get(one.id, frozenset()),
            undecided=one.id in undecided,
        )
        for one in findings
        if one.verdict not in (Verdict.RIGHTFUL, Verdict.OWN) and not one.settled
    ]


def _candidate(
    finding: Finding, record: CopyRecord | None, held: frozenset[str], *, undecided: bool
) -> Candidate:
    if record is None:
        return Candidate(finding, held=held, undecided=undecided)
    copy = Wanted(
        id=finding.id,
        account=finding.account,
        folder=record.folder,
        file=record.file,
        guid=record.guid,
        uid=record.uid,
        header_hash=record.header_hash,
    )
    return Candidate(
        finding,
        copy,
        size=record.size,
        body=record.content_hash or str(record.size - record.header_size),
        flags=record.flags,
        state=record.state,
        held=held,
        undecided=undecided,
    )


def _stored(
    engine: Engine, findings: Sequence[Finding]
) -> Mapping[tuple[str | None, str, str | None, str | None], CopyRecord]:
    named = {"account": pa.string(), "file": pa.string()}
    files = engine.given(named, [(one.account, one.file) for one in findings if one.file])
    theirs = engine.tables["copies"].semi_join(files, ["account", "file"])
    return {
        (one.store, one.account, one.folder, one.file): one
        for one in engine.records(theirs, CopyRecord)
    }


def _undecided(findings: Sequence[str]) -> set[str]:
    """Give those findings that an earlier plan left to a person."""
    found: set[str] = set()
    for start in range(0, len(findings), _MANY):
        some = findings[start : start + _MANY]
        rows = CopyRow.objects.filter(finding__in=some, outcome=Outcome.NEEDS_PERSON)
        found.update(rows.values_list("finding", flat=True))
    return found


def stores_of(
    routes: Mapping[str, Route], wanted: Collection[tuple[str, str]], *, by_lmtp: bool = False
) -> dict[str, str]:
    """Give the store where each account's mailbox is.

    Args:
        routes: by store.
        wanted: accounts, each with the store to look in first: where its message lies now.
        by_lmtp: reach those that are in none by LMTP.
    """
    found: dict[str, str] = {}
    first = dict(wanted)
    for store, route in sorted(routes.items(), key=lambda one: one[0] == BY_LMTP):
        if store == BY_LMTP and not by_lmtp:
            continue
        asked = sorted(first.keys() - found.keys() if store == BY_LMTP else first)
        rooms = route.rooms(asked)
        for account in asked:
            if rooms[account].exists and (account not in found or first[account] == store):
                found[account] = store
    return found
