"""The examination: a verdict for every copy of a snapshot, the plain ones by joins, the rest by rules."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple, TypeVar

import ibis.expr.types as ir
import pyarrow as pa

from postwarden.evidence.service import (
    Engine,
    Mailboxes,
    Manifest,
    absences,
    directory_lookups,
)
from postwarden.sources.service import (
    CopyRecord,
    DeliveryRecord,
    GapRecord,
    Resolver,
    SpanRecord,
)
from postwarden.verdicts import sieve
from postwarden.verdicts.bodies import Key, crossed_bodies
from postwarden.verdicts.coverage import Coverage, gaps_from_absence
from postwarden.verdicts.crossing import contents
from postwarden.verdicts.density import Density
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.drafting import Drafter
from postwarden.verdicts.facts import Content, Verdict
from postwarden.verdicts.faulttime import FaultTime
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.folding import with_originals
from postwarden.verdicts.gathering import Related, related
from postwarden.verdicts.holding import ever_held
from postwarden.verdicts.homes import homes
from postwarden.verdicts.judging import Judge
from postwarden.verdicts.narrowing import Candidates, narrowed
from postwarden.verdicts.ownership import with_rightful_copies
from postwarden.verdicts.paths import Pathfinder
from postwarden.verdicts.reached import Window
from postwarden.verdicts.repairs import NO_REPAIRS, Repairs
from postwarden.verdicts.rules import judge
from postwarden.verdicts.subjects import Subject
from postwarden.vocabulary import Moment, Provider

MINUTE = 60 * 1_000_000
BATCH = 20_000
"""Subjects judged at a time: bounds memory, whatever the size of the snapshot."""

LOOKUPS = 200_000
"""Addresses looked up at a time."""

_KEY = ("store", "account", "file")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Question:
    """What an examination is about.

    Attributes:
        since: only messages accepted from then on.
        until: only messages accepted before then.
        accounts: only these holders; empty: all.
        everything: rightful and own copies too.
        widely: messages delivered within that time, too, and those of which no time is known.
        fault: when the messages were accepted of which it is asked whom a wrong map left out; None:
            that is not asked.
    """

    since: Moment | None = None
    until: Moment | None = None
    accounts: tuple[str, ...] = ()
    everything: bool = False
    widely: bool = False
    fault: Window | None = None


class _Named(NamedTuple):
    """Whom a delivery line names, and when its message was accepted."""

    original: str | None
    recipient: str | None
    sasl_username: str | None
    accepted_at: Moment | None


@dataclass(frozen=True, slots=True)
class Installation:
    """What an examination needs to know of the provider beside the evidence."""

    provider: Provider
    home_domain: str
    master_users: frozenset[str] = frozenset()
    repairs: Repairs = NO_REPAIRS


class Examination:
    """Examines one snapshot; nothing is changed in it, and equal evidence gives equal findings."""

    def __init__(self, engine: Engine, manifest: Manifest, installation: Installation) -> None:
        self._engine = engine
        self._manifest = manifest
        self._installation = installation
        self._hosts = sorted(installation.provider.hosts)
        self._recording = _recording_hosts(engine)
        self.destinations = _destinations(engine, manifest, installation)
        self.coverage = _coverage(engine)
        self._density = Density(engine)
        self._right: Counter[Moment] = Counter()
        self._exchanged: Mapping[Key, Content] = {}
        self._fault: FaultTime | None = None

    def ever_held(self, findings: Sequence[Finding]) -> Mapping[str, frozenset[str]]:
        """Give, by misdelivered finding, the rightful accounts that ever held the message; see `holding`."""
        return ever_held(self._engine, self.destinations, findings)

    def findings(self, question: Question) -> Iterator[Finding]:
        """Give the findings that the question asks for, ordered by nothing in particular."""
        self._right.clear()
        good, proofs = self._good(question)
        copies = _of_accounts(self._engine.tables["copies"], question.accounts)
        if self._manifest.content_hash:
            self._exchanged = crossed_bodies(self._engine)
        whole, apart = self._apart(copies, question)
        if question.everything:
            yield from self._plain(whole, good, question)
        names = self._sifted(whole, proofs, question)
        for some in apart:
            names = self._engine.keep(names.union(some.select(*sieve.NAMES)))
        candidates = Candidates(names, self._lone_saves(proofs, question))
        view = narrowed(self._engine, candidates)
        if view is not self._engine:
            self._resolve_named(view)
        misdelivered: list[tuple[Finding, Subject]] = []
        stored, gone = self._stored(view, names), self._gone(view, candidates.saves)
        for where, subjects in (
            (view, chain(stored, gone)),
            (self._engine, self._queued(question)),
        ):
            for batch in _batches(subjects):
                for finding, subject in self._judged(where, batch, question):
                    if finding.verdict is Verdict.MISDELIVERED:
                        misdelivered.append((finding, subject))
                    else:
                        yield finding
        viewed = all(_shares_view(subject) for _, subject in misdelivered)
        yield from with_rightful_copies(view if viewed else self._engine, misdelivered)
        if self._fault is not None:
            misplaced = {finding.id for finding, _ in misdelivered if not finding.settled}
            yield from self._fault.findings(self._engine, misplaced, everything=question.everything)

    def right(self) -> Mapping[Moment, int]:
        """Give the rightful copies of the last question by the minute of their delivery.

        Complete when its findings have all been taken.
        """
        return self._right

    def _apart(self, copies: ir.Table, question: Question) -> tuple[ir.Table, list[ir.Table]]:
        """Split off copies to be judged though a line proves them: with another's body, or of a fault."""
        apart = []
        self._fault = None
        if self._exchanged:
            columns = {name: pa.string() for name in _KEY}
            exchanged = self._engine.given(columns, sorted(self._exchanged))
            apart.append(copies.semi_join(exchanged, _KEY))
            copies = copies.anti_join(exchanged, _KEY)
        if question.fault is not None:
            self._fault = FaultTime.of(
                self._engine,
                self._manifest.directories,
                self.destinations,
                self._installation.repairs,
                question.fault,
            )
            if self._fault.names:
                copies, some = self._fault.split(copies)
                apart.append(some)
        return copies, apart

    def _good(self, question: Question) -> tuple[ir.Table, ir.Table]:
        """Give the good deliveries, and what they prove, kept."""
        good = sieve.good_deliveries(
            self._engine.tables, self._manifest.directories, self._hosts, self._recording
        )
        if question.everything:
            good = self._engine.keep(good)
        return good, self._engine.keep(sieve.proofs(good))

    def _sifted(self, copies: ir.Table, proofs: ir.Table, question: Question) -> ir.Table:
        """Count the plain copies; name those to be judged."""
        sifted = self._engine.keep(sieve.sifted(copies, proofs, question.since, question.until))
        plain = sifted.filter(sifted.minute.notnull())
        for row in self._engine.table(plain.select("minute", "copies")).to_pylist():
            self._right[row["minute"]] += row["copies"]
        names = sifted.filter(~sifted.plain).select(*sieve.NAMES)
        if question.everything:
            return self._engine.keep(names)
        own = self._engine.keep(sieve.own(names, self._engine.tables))
        return self._engine.keep(names.anti_join(own, sieve.KEY))

    def _plain(self, copies: ir.Table, good: ir.Table, question: Question) -> Iterator[Finding]:
        """Give the plain copies as findings, without asking the rules again."""
        drafter = Drafter(self.coverage)
        plain = with_originals(self._engine, sieve.plain(copies, good))
        for batch in self._engine.batches(plain):
            for row in batch.to_pylist():
                finding = drafter.plain(row)
                if _asked(finding, question):
                    yield finding

    def _lone_saves(self, proofs: ir.Table, question: Question) -> ir.Table:
        """Name the saves of copies that may be gone, in mailboxes asked about."""
        tables = self._engine.tables
        lone = sieve.unstored(tables) if question.everything else sieve.unproved(tables, proofs)
        return self._engine.keep(_of_accounts(lone, question.accounts))

    def _stored(self, view: Engine, names: ir.Table) -> Iterator[Subject]:
        copies = view.tables["copies"].semi_join(names, sieve.KEY)
        return map(Subject.stored, view.records(copies, CopyRecord))

    def _gone(self, view: Engine, saves: ir.Table) -> Iterator[Subject]:
        scanned = self._engine.tables["mailboxes"]
        lost = self._engine.keep(sieve.lost(view.tables, saves, scanned))
        for line in view.records(sieve.gone(view.tables, lost, scanned), DeliveryRecord):
            yield Subject.logged(line, line.account or "")

    def _resolve_named(self, view: Engine) -> None:
        """Resolve what a view's lines name all at once, as each look-up may read the whole directory."""
        lines = view.tables["deliveries"]
        lines = lines.filter(lines.server == "postfix")
        original = lines.original_recipient.coalesce(lines.recipient)
        for names in _batches(
            view.records(
                lines.select(
                    "recipient", "sasl_username", "accepted_at", original=original
                ).distinct(),
                _Named,
            ),
            LOOKUPS,
        ):
            self.destinations.prefetch(
                (address, name.accepted_at)
                for name in names
                for address in (name.original, name.recipient)
                if address
            )
            self.destinations.prefetch_accounts(
                (address or "", name.accepted_at)
                for name in names
                for address in (name.recipient, name.sasl_username)
            )

    def _queued(self, question: Question) -> Iterator[Subject]:
        """Give what Postfix' own agents delivered into mailboxes asked about and is gone."""
        delimiters = self._installation.provider.recipient_delimiter
        queued = sieve.gone_queued(self._engine.tables, delimiters)
        for lines in _batches(self._engine.records(queued, DeliveryRecord)):
            names = [(line.recipient or "", line.accepted_at) for line in lines]
            self.destinations.prefetch_accounts(names)
            accounts = [self.destinations.account_of(*name) for name in names]
            boxes = question.accounts or self.destinations.boxes({a for a in accounts if a})
            for line, account in zip(lines, accounts, strict=True):
                if account is not None and account in boxes:
                    yield Subject.logged(line, account)

    def _judged(
        self, view: Engine, subjects: Sequence[Subject], question: Question
    ) -> Iterator[tuple[Finding, Subject]]:
        about = related(view, subjects)
        self.destinations.prefetch(_addresses(about, subjects))
        self.destinations.prefetch_accounts(_recipients(about, subjects))
        judging = self._judge(about, subjects)
        drafter = Drafter(self.coverage)
        for subject in subjects:
            facts = judging.facts(subject)
            decided = judge(facts)
            finding = drafter.finding(subject, facts, decided, about.accesses[subject.holder])
            finding = self._settled(finding, subject)
            if not _asked(finding, question):
                continue
            if decided.verdict is Verdict.RIGHTFUL and not finding.gone:
                self._right[(finding.delivered_at or 0) // MINUTE * MINUTE] += 1
                if self._fault is not None and self._fault.takes(finding, subject, about):
                    continue
            if question.everything or decided.verdict not in (Verdict.RIGHTFUL, Verdict.OWN):
                yield finding, subject

    def _settled(self, finding: Finding, subject: Subject) -> Finding:
        """Let the record say of a copy that is wrong, or gone, whether a repair dealt with it."""
        if not finding.gone and finding.verdict is not Verdict.MISDELIVERED:
            return finding
        name = subject.copy.guid if subject.copy else subject.storage_name
        return self._installation.repairs.settled(finding, name)

    def _judge(self, about: Related, subjects: Sequence[Subject]) -> Judge:
        paths = Pathfinder(
            index=about.deliveries,
            destinations=self.destinations,
            coverage=self.coverage,
            hosts=frozenset(self._hosts),
            records_originals=frozenset(self._recording),
        )
        return Judge(
            related=about,
            paths=paths,
            coverage=self.coverage,
            master_users=self._installation.master_users,
            dense=self._density.dense,
            content=dict(
                contents(self._engine, subjects, about.deliveries, self._exchanged),
            ),
            homes=homes(self._engine, subjects, about.deliveries),
            repairs=self._installation.repairs,
        )


def _recording_hosts(engine: Engine) -> list[str]:
    lines = engine.tables["deliveries"]
    hosts = lines.filter(lines.original_recipient.notnull()).select("host").distinct()
    return sorted(row["host"] for row in engine.table(hosts).to_pylist())


def _destinations(engine: Engine, manifest: Manifest, installation: Installation) -> Destinations:
    directories = []
    for validity, found in zip(
        manifest.directories, directory_lookups(engine, len(manifest.directories)), strict=True
    ):
        lookup, expressions = found
        resolver = Resolver(installation.provider, installation.home_domain, lookup, expressions)
        directories.append((validity, resolver, lookup))
    boxes = Mailboxes(engine).among
    return Destinations(directories, installation.provider.recipient_delimiter, boxes)


def _coverage(engine: Engine) -> Coverage:
    spans = list(engine.records(engine.tables["spans"], SpanRecord))
    gaps = list(engine.records(engine.tables["gaps"], GapRecord))
    for server, missing, present in absences(engine, {span.server for span in spans}):
        gaps += gaps_from_absence(server, missing, present)
    return Coverage.of(spans, gaps)


def _addresses(about: Related, subjects: Iterable[Subject]) -> Iterator[tuple[str, Moment | None]]:
    """Name every address that judging may ask for, with the time it was accepted."""
    for lines in about.deliveries.by_session.values():
        for line in lines:
            address = line.original_recipient or line.recipient
            if address and line.server == "postfix":
                yield address, line.accepted_at
    for subject in subjects:
        for hop in subject.hops:
            if hop.recipient:
                yield hop.recipient, hop.date


def _recipients(about: Related, subjects: Iterable[Subject]) -> Iterator[tuple[str, Moment | None]]:
    """Name every final recipient and login whose account judging may ask for."""
    for lines in (*about.deliveries.by_session.values(), *about.deliveries.submissions.values()):
        for line in lines:
            yield line.recipient or "", line.accepted_at
            yield line.sasl_username or "", line.accepted_at
    for subject in subjects:
        if subject.copy is not None and subject.copy.delivered_to is not None:
            yield subject.copy.delivered_to, subject.copy.received_at


def _of_accounts(table: ir.Table, accounts: Sequence[str]) -> ir.Table:
    return table.filter(table.account.isin(list(accounts))) if accounts else table


def _asked(finding: Finding, question: Question) -> bool:
    known = [at for at in (finding.accepted_at, finding.delivered_at) if at is not None]
    if not known:
        return question.widely or (question.since is None and question.until is None)
    return any(_within(question, at) for at in (known if question.widely else known[:1]))


def _within(question: Question, moment: Moment) -> bool:
    after = question.since is None or moment >= question.since
    return after and (question.until is None or moment < question.until)


def _shares_view(subject: Subject) -> bool:
    """Tell whether a view of the evidence holds every copy of the subject's message."""
    logged = subject.line is None or subject.line.server == "dovecot"
    return logged and subject.message_id is not None


def _batches(items: Iterator[_Item], size: int = BATCH) -> Iterator[list[_Item]]:
    while batch := list(islice(items, size)):
        yield batch
