"""The way of a copy: from acceptance, over re-injections and redirects, to a mailbox.

Three things bring a message back into the queue, and each is told apart here:

- a content filter, relay or alias (`queued as`, `forwarded as` of an alias): the same leg goes on, its
  original recipients stay those of the first acceptance;
- an account's own act (a Sieve redirect, a .forward): the leg ends at that account, a new one begins;
- nothing recorded, only own hosts' lines below each other in the copy: a list manager, or an operator
  who submitted stored mail again. What a list manager sends is decided by its own envelope: the
  directory may not know the list's address, nor its members.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from postwarden.sources.service import DeliveryRecord, Hop
from postwarden.verdicts.coverage import Coverage
from postwarden.verdicts.deliveries import DeliveryIndex, is_internal
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.facts import Citation, Leg, Original
from postwarden.verdicts.rules import Entitlement, entitlement
from postwarden.vocabulary import Moment

_DEPTH = 12
"""More re-injections than this are a mail loop."""

WIDELY = 3
"""A stored message submitted again to at least so many accounts was not sent on by its reader."""


@dataclass(slots=True)
class Way:
    """Legs that ended before, and the original recipients of the leg that goes on (`whole`: all)."""

    originals: tuple[Original, ...]
    earlier: tuple[Leg, ...] = ()
    roots: tuple[DeliveryRecord, ...] = ()
    whole: bool = True


@dataclass(slots=True)
class Pathfinder:
    """Finds the legs of deliveries, by the logs first and by the copy's own trace where they end.

    Attributes:
        hosts: the provider's own hosts.
        records_originals: hosts that write orig_to in their logs at all.
    """

    index: DeliveryIndex
    destinations: Destinations
    coverage: Coverage
    hosts: frozenset[str]
    records_originals: frozenset[str]
    _ways: dict[tuple[str, int], Way] = field(default_factory=dict)

    def legs(
        self, record: DeliveryRecord, account: str, hops: Sequence[Hop] = ()
    ) -> tuple[Leg, ...]:
        """Give the legs of one logged delivery to the account; `hops` is the copy's trace."""
        way = self.way(record)
        originals, earlier = way.originals, way.earlier
        if any(is_internal(root, self.hosts) for root in way.roots):
            if earlier:
                earlier = self._begun_below(hops, way)
            else:
                earlier, originals = self._below(_runs(hops), account, way)
        elif hops and not record_says(record, self.records_originals):
            originals = self._by_header(hops, way)
        single = bool(hops) and _runs(hops)[-1].single
        return (*earlier, Leg(account, originals, whole=way.whole or single))

    def folded_legs(
        self,
        records: Sequence[DeliveryRecord],
        account: str,
        hops: Sequence[Hop],
        message_id: str | None,
    ) -> tuple[Leg, ...]:
        """Give the legs of a copy that several delivery lines folded into; by its trace without any."""
        if not records:
            return self.header_legs(hops, account, message_id) or (Leg(account, ()),)
        ways = [self.legs(record, account, hops) for record in records]
        originals = (original for legs in ways for original in legs[-1].originals)
        before = next((legs[:-1] for legs in ways if len(legs) == 1), ways[0][:-1])
        whole = all(legs[-1].whole for legs in ways)
        return (*before, Leg(account, tuple(dict.fromkeys(originals)), whole=whole))

    def way(self, record: DeliveryRecord, depth: int = 0) -> Way:
        """Follow a delivery back to where its message was accepted."""
        key = (record.file, record.line)
        if key not in self._ways:
            self._ways[key] = self._follow(record, depth)
        return self._ways[key]

    def _follow(self, record: DeliveryRecord, depth: int) -> Way:
        if depth < _DEPTH:
            feeders = self.index.feeders(record)
            if feeders:
                return self._fed(record, feeders, depth)
            for redirect in self.index.redirects(record):
                return self._redirected(record, redirect, depth)
        return Way((self._original(record),), roots=(record,), whole=self._names_all(record))

    def _names_all(self, record: DeliveryRecord) -> bool:
        """Tell whether the logs have a delivery line of every recipient of the record's queue file."""
        if record.queue_id is None or record.recipients is None:
            return False
        lines = self.index.queue(record.queue_id, record.accepted_at)
        named = {(line.recipient, line.original_recipient) for line in lines}
        return len(named) >= record.recipients

    def _fed(self, record: DeliveryRecord, feeders: list[DeliveryRecord], depth: int) -> Way:
        handed = record.original_recipient or record.recipient
        same = [feeder for feeder in feeders if feeder.recipient == handed]
        ways = [self.way(feeder, depth + 1) for feeder in same or feeders]
        merged = _merged(ways)
        cited = _cited(merged.originals, Citation(record.file, record.line))
        if not same and len(feeders) == 1:
            holder = self._account(feeders[0])
            if holder is not None and holder != self._account(record):
                cite = (_cite(feeders[0]),)
                leg = Leg(holder, merged.originals, "forward", cite, whole=merged.whole)
                own = (self._original(record),)
                whole = self._names_all(record)
                return Way(own, (*merged.earlier, leg), merged.roots, whole)
        whole = merged.whole and self._names_all(record)
        return Way(cited, merged.earlier, merged.roots, whole)

    def _redirected(self, record: DeliveryRecord, redirect: DeliveryRecord, depth: int) -> Way:
        holder = redirect.account or ""
        arrivals = [
            delivery
            for delivery in self.index.by_session.get(redirect.session_id or "", ())
            if delivery.server == "postfix" and self._account(delivery) == holder
        ]
        before = _merged([self.way(arrival, depth + 1) for arrival in arrivals])
        leg = Leg(holder, before.originals, "sieve", (_cite(redirect),), whole=before.whole)
        whole = self._names_all(record)
        return Way((self._original(record),), (*before.earlier, leg), before.roots, whole)

    def _account(self, record: DeliveryRecord) -> str | None:
        return self.destinations.account_of(record.recipient or "", record.accepted_at)

    def _original(self, record: DeliveryRecord) -> Original:
        address = record.original_recipient or record.recipient or ""
        return self.original(address, record.accepted_at, _cite(record))

    def original(self, address: str, moment: Moment | None, citation: Citation) -> Original:
        """Give an original recipient with where the directory meant it to go."""
        where = self.destinations.destination(address, moment)
        return Original(address, moment, where, (citation,))

    def header_legs(
        self, hops: Sequence[Hop], account: str, message_id: str | None
    ) -> tuple[Leg, ...]:
        """Give the legs that own hosts' trace lines prove.

        A stored message that an operator submitted again is one leg with its acceptance. Where it is
        not known for whom it was submitted again, what was sent on from there is left open, unless
        the first acceptance was for the account anyway.
        """
        runs = _runs(hops)
        legs: list[Leg] = []
        for leg, run in zip(self._run_legs(runs, account), runs, strict=True):
            first = legs[-1] if legs and not leg.originals else None
            if first is None or first.onward != "unrecorded":
                legs.append(leg)
            elif self._resubmitted(run, message_id):
                legs[-1] = replace(leg, originals=first.originals)
            elif run is runs[-1] or entitlement(first.originals, account) is Entitlement.YES:
                legs.append(leg)
            else:
                return (Leg(account, ()),)
        return tuple(legs)

    def _run_legs(self, runs: Sequence["_Run"], account: str) -> list[Leg]:
        legs: list[Leg] = []
        for number, run in enumerate(runs):
            originals = self._run_originals(run)
            if number == len(runs) - 1:
                legs.append(Leg(account, originals))
                continue
            onward = "sieve" if run.redirected_from else "unrecorded"
            name = run.redirected_from or run.delivered_to or ""
            moment = originals[0].accepted_at if originals else None
            holder = self.destinations.account_of(name, moment) or name
            legs.append(Leg(holder, originals, onward, (Citation.header("Received"),)))
        return legs

    def _run_originals(self, run: "_Run") -> tuple[Original, ...]:
        oldest = run.accepted
        if oldest is None:
            return ()
        logged = self.index.queue(oldest.queue_id or "", oldest.date) if oldest.queue_id else []
        address = oldest.recipient or (None if logged else run.original)
        if address is None:
            return ()
        citation = Citation.header("Received" if oldest.recipient else "X-Original-To")
        original = self.original(address, oldest.date, citation)
        resubmitted = run.hops > 1 and not original.destination.known
        return () if resubmitted else (original,)

    def _begun_below(self, hops: Sequence[Hop], way: Way) -> tuple[Leg, ...]:
        """Look below the first logged leg, of which a later one was sent on, for where it came from."""
        first, *later = way.earlier
        runs = _runs(hops)
        begun = Way(first.originals, roots=way.roots)
        before, originals = self._below(runs[: -len(way.earlier)], first.account, begun)
        return (*before, replace(first, originals=originals), *later)

    def _below(
        self, runs: Sequence["_Run"], account: str, way: Way
    ) -> tuple[tuple[Leg, ...], tuple[Original, ...]]:
        """Look below an unexplained internal submission for where its message came from."""
        if not runs:
            return (), way.originals
        top = runs[-1]
        if len(runs) == 1:
            if top.hops < 2:
                return (), way.originals
            first = self._first_originals(top)
            named = {original.address for original in first}
            if all(original.address in named for original in way.originals):
                return (), way.originals
            return (), first if self._decides(first, account) else way.originals
        legs = self._run_legs(runs, account)
        before = self._before(legs[:-1], runs, way.roots[0].message_id)
        if before[-1].onward == "unrecorded" and self._submitted_by_operator(way):
            return before[:-1], before[-1].originals
        return before, way.originals

    def _before(
        self, legs: Sequence[Leg], runs: Sequence["_Run"], message_id: str | None
    ) -> tuple[Leg, ...]:
        found: list[Leg] = []
        for leg, run in zip(legs, runs, strict=False):
            completed = self._completed(leg, run)
            if found and found[-1].onward == "unrecorded" and self._resubmitted(run, message_id):
                completed = replace(completed, originals=found.pop().originals)
            found.append(completed)
        return tuple(found)

    def _resubmitted(self, run: "_Run", message_id: str | None) -> bool:
        """Tell whether a run began with a stored message that an operator submitted again."""
        accepted = run.accepted
        return accepted is not None and self._went_wide(
            message_id, accepted.date, accepted.queue_id
        )

    def _completed(self, leg: Leg, run: "_Run") -> Leg:
        originals = self._first_originals(run)
        return Leg(leg.account, originals or leg.originals, leg.onward, leg.citations)

    def _first_originals(self, run: "_Run") -> tuple[Original, ...]:
        """Original recipients of the queue file at the start of a run: logged, or in its header."""
        oldest = run.accepted
        if oldest is None:
            return ()
        logged = self.index.queue(oldest.queue_id, oldest.date) if oldest.queue_id else []
        if oldest.recipient is None and logged:
            return _merged([self.way(record, 1) for record in logged]).originals
        return self._run_originals(run)

    def _decides(self, originals: tuple[Original, ...], account: str) -> bool:
        known = all(original.destination.known for original in originals)
        return known and entitlement(originals, account) is not Entitlement.UNKNOWN

    def _submitted_by_operator(self, way: Way) -> bool:
        return any(
            self._went_wide(root.message_id, root.accepted_at, root.queue_id) for root in way.roots
        )

    def _went_wide(
        self, message_id: str | None, moment: Moment | None, queue_id: str | None
    ) -> bool:
        """Tell whether a message was stored with more accounts than its reader would send it on to.

        Where Dovecot's log is silent, which would have named redirects, only by this one queue file:
        a redirect has one recipient.
        """
        if message_id is None:
            return False
        records = self.index.ids[message_id]
        if "dovecot" in self.coverage.silent_at(moment):
            records = [record for record in records if record.queue_id == queue_id]
        accounts = {record.account or self._account(record) for record in records}
        return len(accounts - {None}) > WIDELY

    def _by_header(self, hops: Sequence[Hop], way: Way) -> tuple[Original, ...]:
        """Where a host never logs orig_to, a single recipient's "for" says it instead."""
        runs = _runs(hops)
        first = self._run_originals(runs[-1]) if runs else ()
        return first or way.originals


def record_says(record: DeliveryRecord, records_originals: frozenset[str]) -> bool:
    """Tell whether a delivery line without orig_to means that nothing was rewritten."""
    return record.original_recipient is not None or record.host in records_originals


@dataclass(frozen=True, slots=True)
class _Run:
    """Own hops between two deliveries to an agent: from an acceptance to the next agent.

    `single`: it was accepted for a single recipient.
    """

    accepted: Hop | None
    hops: int
    single: bool
    delivered_to: str | None
    original: str | None
    redirected_from: str | None


def _runs(hops: Sequence[Hop]) -> list[_Run]:
    """Cut a trace (newest first) into runs, oldest first; a delivery to an account ends each run."""
    runs: list[list[Hop]] = []
    for hop in hops:
        if hop.agent or hop.delivered_to or not runs:
            runs.append([])
        runs[-1].append(hop)
    return [_run(run) for run in reversed(runs)]


def _run(run: Sequence[Hop]) -> _Run:
    queued = [hop for hop in run if not hop.agent]
    return _Run(
        accepted=queued[-1] if queued else None,
        hops=len(queued),
        single=bool(queued) and queued[-1].recipient is not None,
        delivered_to=run[0].delivered_to or (run[0].recipient if run[0].agent else None),
        original=next((h.x_original_to for h in run if h.x_original_to), None),
        redirected_from=next((h.redirected_from for h in run if h.redirected_from), None),
    )


def _merged(ways: Iterable[Way]) -> Way:
    originals: dict[Original, None] = {}
    earlier: dict[Leg, None] = {}
    roots: dict[DeliveryRecord, None] = {}
    whole = True
    for way in ways:
        whole &= way.whole
        originals.update(dict.fromkeys(way.originals))
        earlier.update(dict.fromkeys(way.earlier))
        roots.update(dict.fromkeys(way.roots))
    return Way(tuple(originals), tuple(earlier), tuple(roots), whole)


def _cited(originals: tuple[Original, ...], citation: Citation) -> tuple[Original, ...]:
    return tuple(
        Original(o.address, o.accepted_at, o.destination, (*o.citations, citation))
        for o in originals
    )


def _cite(record: DeliveryRecord) -> Citation:
    return Citation(record.file, record.line)
