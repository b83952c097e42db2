"""Queue files of one message that went on as each other, with what the logs say of each (pure)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence

from postwarden.sources.service import DeliveryRecord
from postwarden.vocabulary import Moment

AccountOf = Callable[[str, Moment | None], str | None]
"""Gives whose mailbox an address named at that time."""

_STORED = ("saved", "sent")


class QueueFiles:
    """Delivery lines of one Message-ID by the queue files that went on as each other."""

    def __init__(self, lines: Sequence[DeliveryRecord]) -> None:
        self._next: dict[str, str] = {}
        for line in lines:
            if line.queue_id and line.next_queue_id:
                self._next[self.first(line.queue_id)] = self.first(line.next_queue_id)
        self._postfix: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self._dovecot: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        for line in lines:
            if line.server == "dovecot" and line.session_id:
                self._dovecot[line.session_id].append(line)
            elif line.queue_id:
                self._postfix[self.first(line.queue_id)].append(line)
        self._brought: dict[str, Counter[str]] = {}

    def first(self, queue_id: str) -> str:
        """Give the queue file that stands for all that are linked with this one."""
        while (known := self._next.get(queue_id, queue_id)) != queue_id:
            self._next[queue_id] = self._next.get(known, known)
            queue_id = known
        return queue_id

    def lines(self, queue_id: str) -> Sequence[DeliveryRecord]:
        """Give Postfix' lines of this queue file and those linked with it, whatever became of them."""
        return self._postfix[self.first(queue_id)]

    def brought(self, queue_id: str, account_of: AccountOf) -> Counter[str]:
        """Count by account what was stored of this queue file and those linked with it."""
        first = self.first(queue_id)
        if first not in self._brought:
            ends = [
                line
                for line in self._postfix[first]
                if line.status in _STORED and not line.next_queue_id
            ]
            self._brought[first] = Counter(self._accounts(ends, account_of))
        return self._brought[first]

    def tried(self, queue_id: str, account_of: AccountOf) -> set[str]:
        """Give the accounts that any line names for this queue file and those linked with it."""
        named = {
            account_of(line.recipient or "", line.accepted_at) for line in self.lines(queue_id)
        }
        return {one for one in named if one} | {*self._opened(self.lines(queue_id))}

    def _accounts(self, lines: Sequence[DeliveryRecord], account_of: AccountOf) -> Iterator[str]:
        yield from self._opened(lines)
        for line in lines:
            account = account_of(line.recipient or "", line.accepted_at)
            if not line.session_id and account is not None:
                yield account

    def _opened(self, lines: Sequence[DeliveryRecord]) -> Iterator[str]:
        """Give whose mailboxes Dovecot opened in the sessions that these lines name."""
        for session in {line.session_id for line in lines if line.session_id}:
            for line in self._dovecot[session]:
                if line.account is not None:
                    yield line.account
