"""Which rightful accounts ever held a message, also where they have deleted it since: the logs tell."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from postwarden.evidence.service import Engine
from postwarden.sources.service import DeliveryRecord
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.findings import Finding
from postwarden.vocabulary import Moment

_STORED = ("saved", "sent")

AccountOf = Callable[[str, Moment | None], str | None]
"""Gives whose mailbox an address named at that time."""


class Stored(NamedTuple):
    """A stored copy: whose, and of which Message-ID."""

    account: str
    message_id: str


def ever_held(
    engine: Engine, destinations: Destinations, findings: Sequence[Finding]
) -> Mapping[str, frozenset[str]]:
    """Give, by finding, those of its rightful accounts to which its message was delivered as well.

    Args:
        engine: of the snapshot.
        destinations: of the examination.
        findings: misdelivered ones, all of them.
    """
    asked = sorted({one.message_id for one in findings if one.message_id})
    if not asked:
        return {}
    named = engine.named("message_id", asked)
    deliveries = engine.tables["deliveries"]
    lines = deliveries.filter(deliveries.status.isin(_STORED)).semi_join(named, "message_id")
    copies = engine.tables["copies"].semi_join(named, "message_id")
    return held(
        findings,
        engine.records(lines, DeliveryRecord),
        engine.records(copies, Stored),
        destinations.account_of,
    )


def held(
    findings: Sequence[Finding],
    lines: Iterable[DeliveryRecord],
    copies: Iterable[Stored],
    account_of: AccountOf,
) -> Mapping[str, frozenset[str]]:
    """Decide it (pure).

    A line counts where it is of the wrong copy's queue file, or of one that went on as that or that it
    went on as: a Message-ID is its sender's, and anybody may send another message with it. Of what came
    by LMTP Dovecot's line counts, for Postfix does not see whose mailbox was opened. None counts that
    may be the wrong copy's own: of accounts that hold a wrong one, and where a holder has more copies
    than lines, so that somebody else's delivery brought one of them.
    """
    by_message: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
    for line in lines:
        by_message[line.message_id or ""].append(line)
    wrong: defaultdict[str, set[str]] = defaultdict(set)
    for one in findings:
        wrong[one.message_id or ""].add(one.account)
    files = {name: _QueueFiles(theirs) for name, theirs in by_message.items()}
    stored = Counter(copies)
    found = {}
    for one in findings:
        name = one.message_id or ""
        brought: Counter[str] = Counter()
        if name and one.queue_id and name in files:
            brought = files[name].brought(one.queue_id, account_of)
        many = max(stored[Stored(one.account, name)], 1)
        theirs = set(one.rightful) & brought.keys() if brought[one.account] >= many else set()
        found[one.id] = frozenset(theirs - wrong[name])
    return found


class _QueueFiles:
    """Delivery lines of one Message-ID by the queue files that went on as each other."""

    def __init__(self, lines: Sequence[DeliveryRecord]) -> None:
        self._next: dict[str, str] = {}
        for line in lines:
            if line.queue_id and line.next_queue_id:
                self._next[self._first(line.queue_id)] = self._first(line.next_queue_id)
        self._postfix: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self._dovecot: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        for line in lines:
            if line.server == "dovecot" and line.session_id:
                self._dovecot[line.session_id].append(line)
            elif line.queue_id and not line.next_queue_id:
                self._postfix[self._first(line.queue_id)].append(line)
        self._brought: dict[str, Counter[str]] = {}

    def brought(self, queue_id: str, account_of: AccountOf) -> Counter[str]:
        """Count by account what was stored of this queue file and those linked with it."""
        first = self._first(queue_id)
        if first not in self._brought:
            self._brought[first] = Counter(self._accounts(first, account_of))
        return self._brought[first]

    def _accounts(self, first: str, account_of: AccountOf) -> Iterator[str]:
        lines = self._postfix[first]
        for session in {line.session_id for line in lines if line.session_id}:
            for line in self._dovecot[session]:
                if line.account is not None:
                    yield line.account
        for line in lines:
            account = account_of(line.recipient or "", line.accepted_at)
            if not line.session_id and account is not None:
                yield account

    def _first(self, queue_id: str) -> str:
        """Give the queue file that stands for all that are linked with this one."""
        while (known := self._next.get(queue_id, queue_id)) != queue_id:
            self._next[queue_id] = self._next.get(known, known)
            queue_id = known
        return queue_id
