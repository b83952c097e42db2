"""From a judgement to a finding. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from postwarden.sources.service import AccessRecord, CopyRecord
from postwarden.verdicts.coverage import Coverage
from postwarden.verdicts.exposure import Exposure, Recording, Seen, exposure
from postwarden.verdicts.facts import (
    Citation,
    CopyFacts,
    Judgement,
    Proof,
    Reason,
    Verdict,
)
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.subjects import Subject
from postwarden.vocabulary import Moment


@dataclass(frozen=True, slots=True)
class Drafter:
    """Writes findings; `coverage` says where recording was whole."""

    coverage: Coverage

    def finding(
        self,
        subject: Subject,
        facts: CopyFacts,
        judgement: Judgement,
        accesses: Sequence[AccessRecord],
    ) -> Finding:
        """Give the finding on a judged subject."""
        copy, known = subject.copy, subject.known
        accepted = [o.accepted_at for o in judgement.originals if o.accepted_at is not None]
        delivered_at = _delivered_at(subject, facts, accesses)
        return Finding(
            id=subject.id,
            store=copy.store if copy else None,
            account=subject.holder,
            folder=known.folder,
            file=copy.file if copy else None,
            message_id=known.message_id,
            verdict=judgement.verdict,
            rightful=judgement.rightful,
            original_recipients=tuple(dict.fromkeys(o.address for o in judgement.originals)),
            queue_id=known.queue_id
            or next((a.queue_id for a in facts.arrivals if a.queue_id), None),
            accepted_at=min(accepted, default=copy.received_at if copy else None),
            delivered_at=delivered_at,
            exposure=self._exposure(subject, facts, accesses, delivered_at),
            second_hand=judgement.second_hand,
            other_message=judgement.other_message,
            gone=copy is None,
            reasons=judgement.reasons,
        )

    def plain(self, row: Mapping[str, Any]) -> Finding:
        """Give the finding on a plain copy; `row` joins it with its good delivery (see the sieve).

        `originals` in it is null unless further original recipients were folded into the copy.
        """
        copy = CopyRecord._make(row[name] for name in CopyRecord._fields)
        citation = Citation(row["line_file"], row["line"])
        values = (("address", row["original"]), ("account", copy.account))
        return Finding(
            id=Subject(copy.account, copy=copy).id,
            store=copy.store,
            account=copy.account,
            folder=copy.folder,
            file=copy.file,
            message_id=copy.message_id,
            verdict=Verdict.RIGHTFUL,
            rightful=(copy.account,),
            original_recipients=tuple(dict.fromkeys((row["original"], *(row["originals"] or ())))),
            queue_id=copy.queue_id,
            accepted_at=row["accepted_at"],
            delivered_at=row["time"],
            reasons=(
                Reason(f"delivered-{Proof.SESSION}", (("account", copy.account),), (citation,)),
                Reason("directory-leads-to-holder", values, (citation,)),
            ),
        )

    def _exposure(
        self,
        subject: Subject,
        facts: CopyFacts,
        accesses: Sequence[AccessRecord],
        delivered_at: Moment | None,
    ) -> Exposure:
        if delivered_at is None:
            return Exposure()
        return exposure(
            _seen(subject, facts, delivered_at), accesses, self._recording(delivered_at, accesses)
        )

    def _recording(self, delivered_at: Moment, accesses: Sequence[AccessRecord]) -> Recording:
        log = self.coverage.whole_since("dovecot", delivered_at)
        logins = [a.time for a in accesses if a.what == "login" and a.time >= delivered_at]
        idle_from = self.coverage.last.get("dovecot") if log else None
        if logins and log:
            idle_from = min(logins)
        return Recording(
            events=self.coverage.whole_since("dovecot-events", delivered_at, idle_from), log=log
        )


def _delivered_at(
    subject: Subject, facts: CopyFacts, accesses: Sequence[AccessRecord]
) -> Moment | None:
    """Give when the copy came into the mailbox: by its line, else by its file's name or trace.

    The date in the trace is that of acceptance, which may be days before.
    """
    if subject.line is not None:
        return subject.line.time
    logged = [a.time for a in facts.arrivals if a.account == facts.holder and a.time is not None]
    put = [a.time for a in accesses if a.what == "appended" and _is_on(a, subject)]
    if logged or (put and facts.placed):
        return min(logged or put)
    came, named = subject.came_at, subject.named_at
    return named if named is not None and (came is None or named >= came - _MINUTE) else came


_MINUTE = 60 * 1_000_000


def _is_on(act: AccessRecord, subject: Subject) -> bool:
    return act.message_id is not None and act.message_id == subject.message_id


def _seen(subject: Subject, facts: CopyFacts, delivered_at: Moment) -> Seen:
    copy, known = subject.copy, subject.known
    delivered = [a for a in facts.arrivals if a.account == facts.holder and a.folder]
    places = {(a.folder, a.uid) for a in delivered if a.folder}
    if known.folder:
        places.add((known.folder, known.uid))
    at_home = any(a.account == facts.holder for a in facts.arrivals)
    restored = not at_home and any(a.proof in _FILE_PROOFS for a in facts.arrivals)
    theirs = copy is not None and not facts.placed and not restored
    return Seen(
        delivered_at=delivered_at,
        places=frozenset(places),
        message_id=subject.message_id,
        flags=copy.flags if copy and theirs else "",
        keywords=copy.keywords if copy and theirs else "",
        marked=bool(copy and not theirs and (copy.flags.strip("S") or copy.keywords)),
        folder=copy.folder if copy else None,
        arrived_in=delivered[0].folder if delivered else None,
        touched=bool(copy and theirs and (copy.flags or "new/" not in copy.file)),
        session=subject.session_id,
    )


_FILE_PROOFS = frozenset({Proof.STORAGE_ID, Proof.PROCESS})
