"""From records to facts: what `rules.judge` needs to know of one subject. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from postwarden.sources.service import AccessRecord, DeliveryRecord, Hop, parse_trace
from postwarden.verdicts.coverage import Coverage
from postwarden.verdicts.deliveries import base_name
from postwarden.verdicts.facts import (
    Arrival,
    Citation,
    Content,
    CopyFacts,
    Placed,
    Placement,
    Proof,
)
from postwarden.verdicts.gathering import Related
from postwarden.verdicts.homes import Homes
from postwarden.verdicts.paths import Pathfinder
from postwarden.verdicts.repairs import NO_REPAIRS, Repairs
from postwarden.verdicts.subjects import Subject

OPERATOR_ACTORS = frozenset({"doveadm", "dsync"})
_FILE_AGENTS = frozenset({"virtual", "local", "pipe", "lmtp"})


@dataclass(slots=True)
class Judge:
    """Draws the facts of subjects from what was gathered.

    Attributes:
        master_users: operators' logins.
        dense: tells whether logs of that moment are so dense that a missing queue id contradicts a
            header (see `_contradicted`).
        content: gives what speaks against the content of a subject.
        homes: who still holds their own file of deliveries whose file lies elsewhere.
        repairs: what repairs did.
    """

    related: Related
    paths: Pathfinder
    coverage: Coverage
    master_users: frozenset[str]
    dense: Callable[[int], bool]
    content: dict[str, Content] = field(default_factory=dict)
    homes: Homes = field(default_factory=Homes)
    repairs: Repairs = NO_REPAIRS

    def facts(self, subject: Subject) -> CopyFacts:
        """Give the facts of one subject."""
        arrivals, elsewhere, doubtful = self._logged(subject)
        explained = any(
            arrival.account == subject.holder or arrival.proof is Proof.STORAGE_ID
            for arrival in arrivals
        )
        if not explained and not self._placed(subject, delivered_here=True):
            arrivals += doubtful
        else:
            elsewhere += doubtful
        delivered = any(a.account == subject.holder for a in arrivals)
        named = {a.account for a in elsewhere}
        by_header = [a for a in self._by_header(subject) if a.account not in named]
        by_header = [] if delivered else by_header
        here = any(a.account == subject.holder for a in by_header)
        placed = [] if delivered else self._placed(subject, delivered_here=here)
        for arrival in by_header:
            own = arrival.account == subject.holder and not placed
            (arrivals if own else elsewhere).append(arrival)
        return CopyFacts(
            holder=subject.holder,
            arrivals=tuple(arrivals),
            elsewhere=tuple(elsewhere),
            placed=tuple(placed),
            submitted_by_holder=self._submitted(subject),
            traced=bool(subject.hops),
            gaps=self.coverage.silent_at(subject.came_at),
            content=self.content.get(subject.id, Content()),
            relocated=self._relocated(subject),
        )

    def _relocated(self, subject: Subject) -> Citation | None:
        guid = subject.copy.guid if subject.copy else None
        return self.repairs.arrived.get((subject.holder, guid)) if guid else None

    def _logged(self, subject: Subject) -> tuple[list[Arrival], list[Arrival], list[Arrival]]:
        """Give logged deliveries of this copy, those of its session to other accounts, and doubtful ones.

        Doubtful is a delivery of its session to its holder as a file of another name: another copy,
        unless nothing else explains this one.
        """
        session = self._session_lines(subject)
        crowded = self._crowded(subject, session)
        arrivals = [self._arrival(Proof.STORAGE_ID, line, subject) for line in self._files(subject)]
        covered = {citation for arrival in arrivals for citation in arrival.citations}
        elsewhere: list[Arrival] = []
        doubtful: list[Arrival] = []
        for line in session:
            arrival = self._arrival(Proof.SESSION, line, subject)
            if arrival.citations[0] in covered:
                continue
            if arrival.account == subject.holder:
                own = _may_be(line, subject) and not crowded
                (arrivals if own else elsewhere if crowded else doubtful).append(arrival)
            elif self._by_process(subject, line):
                arrivals.append(self._arrival(Proof.PROCESS, line, subject))
            else:
                elsewhere.append(arrival)
        if not session:
            arrivals += self._queue_arrivals(subject)
        return arrivals, elsewhere, doubtful

    def _crowded(self, subject: Subject, session: Sequence[DeliveryRecord]) -> bool:
        """Tell whether more files of one transaction lie here than recipients are logged for this mailbox.

        Not where Dovecot names the files. Those that were appended or copied here are not counted:
        Dovecot's log tells of them.
        """
        if any(line.storage_id for line in session):
            return False
        parts = {
            line.session_part
            for line in session
            if (line.account or self._account(line)) == subject.holder
        }
        put = sum(
            act.what in ("appended", "copied")
            and act.message_id is not None
            and act.message_id == subject.message_id
            for act in self.related.accesses[subject.holder]
        )
        return self.homes.files_of(subject) - put > len(parts) > 0

    def _session_lines(self, subject: Subject) -> list[DeliveryRecord]:
        """Give the lines of the subject's session: Dovecot's, and Postfix' where Dovecot has none."""
        if subject.line is not None:
            return [subject.line]
        lines = self.related.deliveries.by_session.get(subject.session_id or "", [])
        fitting = [line for line in lines if line.status in ("saved", "sent")]
        queue_id = subject.copy.queue_id if subject.copy else None
        if queue_id:
            fitting = [line for line in fitting if line.queue_id in (None, queue_id)]
        saved = [line for line in fitting if line.server == "dovecot"]
        parts = {line.session_part for line in saved}
        accounts = {line.account for line in saved}
        named = any(line.session_part for line in fitting)
        return saved + [
            line
            for line in fitting
            if line.server == "postfix"
            and line.session_part not in parts
            and (named or self._account(line) not in accounts)
        ]

    def _files(self, subject: Subject) -> list[DeliveryRecord]:
        """Give Dovecot's lines that name this very file."""
        if subject.copy is None:
            return []
        return [
            line
            for line in self.related.deliveries.by_storage.get(subject.storage_name or "", ())
            if line.server == "dovecot"
        ]

    def _by_process(self, subject: Subject, line: DeliveryRecord) -> bool:
        """Tell whether the file name carries the process and second of that delivery (maildir(5))."""
        if subject.copy is None or line.server != "dovecot" or line.pid is None:
            return False
        second, _, rest = base_name(subject.copy.file).partition(".")
        if not second.isdigit() or f"P{line.pid}." not in f"{rest}.":
            return False
        return 0 <= line.time // 1_000_000 - int(second) <= 2

    def _arrival(self, proof: Proof, line: DeliveryRecord, subject: Subject) -> Arrival:
        """Draw a delivery from a Dovecot line, or from a Postfix line where Dovecot has none."""
        named = line.account if line.server == "dovecot" else self._account(line)
        account = named or line.recipient or ""
        queued = self._queued(line)
        citations = [Citation(line.file, line.line)]
        citations += [Citation(one.file, one.line) for one in queued if one is not line]
        hops = subject.hops or self._hops_of(queued)
        legs = self.paths.folded_legs(queued, account, hops, subject.message_id)
        return Arrival(
            proof,
            account,
            legs,
            tuple(citations),
            queue_id=queued[0].queue_id if queued else None,
            folder=line.folder,
            uid=line.uid,
            time=line.time,
            part=line.session_part,
            told=line.server == "dovecot" or proof is not Proof.SESSION,
            at_home=account != subject.holder and self.homes.holds(account, subject, proof),
        )

    def _hops_of(self, queued: Sequence[DeliveryRecord]) -> Sequence[Hop]:
        """Give the trace of a stored copy of the same queue file, for one that is gone."""
        traces = (self.related.traces.get(line.queue_id or "") for line in queued)
        return next((parse_trace(trace) for trace in traces if trace), ())

    def _queued(self, line: DeliveryRecord) -> list[DeliveryRecord]:
        """Find the Postfix lines of a Dovecot line: the same session, then part, name or account.

        Equal recipients fold: two Postfix lines with one reply are one copy.
        """
        if line.server == "postfix":
            return [line]
        lines = [
            one
            for one in self.related.deliveries.by_session.get(line.session_id or "", ())
            if one.server == "postfix" and one.status == "sent"
        ]
        same_part = [one for one in lines if one.session_part == line.session_part]
        same_name = [one for one in lines if line.recipient and one.recipient == line.recipient]
        account = [one for one in lines if self._account(one) == line.account]
        return same_part or same_name or account

    def _account(self, line: DeliveryRecord) -> str | None:
        return self.paths.destinations.account_of(line.recipient or "", line.accepted_at)

    def _queue_arrivals(self, subject: Subject) -> list[Arrival]:
        """Give deliveries of the newest queue file in the trace, by agents without a session id.

        virtual(8) and local(8) fold nothing: each copy carries its own X-Original-To.
        """
        copy = subject.copy
        if copy is None or copy.queue_id is None:
            return []
        lines = [
            line
            for line in self.related.deliveries.queue(copy.queue_id, copy.received_at)
            if line.status == "sent"
            and line.agent in _FILE_AGENTS
            and line.next_queue_id is None
            and (line.session_id is None or copy.lmtp_id is None)
            and self._account(line) == subject.holder
        ]
        named = [
            line
            for line in lines
            if copy.x_original_to in (line.original_recipient, line.recipient)
            and (line.original_recipient in (None, copy.x_original_to))
        ]
        return [self._arrival(Proof.QUEUE, line, subject) for line in named or lines]

    def _by_header(self, subject: Subject) -> Iterable[Arrival]:
        """Give the delivery that the trace alone proves, unless the logs contradict it."""
        copy = subject.copy
        if copy is None or copy.delivered_to is None or self._contradicted(subject):
            return
        account = self.paths.destinations.account_of(copy.delivered_to, copy.received_at)
        if account is None:
            return
        legs = self.paths.header_legs(subject.hops, account, subject.message_id)
        if legs:
            yield Arrival(Proof.HEADER, account, legs, (Citation.header("Delivered-To"),))

    def _contradicted(self, subject: Subject) -> bool:
        """A queue id that a dense log of its minute does not know was never this provider's."""
        copy = subject.copy
        if copy is None or copy.queue_id is None or copy.received_at is None:
            return False
        known = any(self.related.deliveries.queue(q, None) for q in subject.queue_ids)
        return not known and self.dense(copy.received_at)

    def _placed(self, subject: Subject, *, delivered_here: bool) -> list[Placed]:
        """Give the appends and copies that put the copy here.

        Where its trace says that it was delivered to this very mailbox, a copy from folder to folder
        is no new origin, and an append into another folder was of another copy (a sent one). So it was
        wherever an append into this very folder is logged too.
        """
        copy = subject.copy
        if copy is None:
            return []
        acts = [a for a in self.related.accesses[subject.holder] if self._put(a, subject)]
        if delivered_here:
            acts = [a for a in acts if a.what == "appended" and a.folder == copy.folder]
        into = [a for a in acts if a.what == "appended" and a.folder == copy.folder]
        return [self._placement(act, subject.holder) for act in into or acts]

    def _put(self, act: AccessRecord, subject: Subject) -> bool:
        """Tell whether an append or copy put this copy where it is (or into this mailbox)."""
        copy = subject.copy
        assert copy is not None  # asked by _placed only
        if act.what not in ("appended", "copied"):
            return False
        if act.uid is not None and copy.uid is not None and act.folder == copy.folder:
            return act.uid == copy.uid and _agrees(act.message_id, copy.message_id)
        if act.message_id is not None and copy.message_id is not None:
            return act.message_id == copy.message_id
        unnamed = act.message_id is None and copy.message_id is None
        return unnamed and act.folder == copy.folder and act.size == copy.size

    def _placement(self, act: AccessRecord, holder: str) -> Placed:
        actor = act.actor or holder
        if actor == holder:
            by = Placement.HOLDER
        elif actor in self.master_users or actor in OPERATOR_ACTORS:
            by = Placement.OPERATOR
        else:
            by = Placement.OTHER_USER
        return Placed(by, actor, (Citation(act.file, act.line),))

    def _submitted(self, subject: Subject) -> tuple[Citation, ...]:
        lines: Sequence[DeliveryRecord] = self.related.deliveries.submissions.get(
            subject.message_id or "", ()
        )
        own = [
            line
            for line in lines
            if self.paths.destinations.account_of(line.sasl_username or "", line.accepted_at)
            == subject.holder
        ]
        return tuple(Citation(line.file, line.line) for line in own[:1])


def _may_be(line: DeliveryRecord, subject: Subject) -> bool:
    """Tell whether a delivery line may be of this file: Dovecot keeps names when it moves messages."""
    if line.storage_id is None or subject.storage_name is None:
        return True
    return base_name(line.storage_id) == subject.storage_name


def _agrees(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other
