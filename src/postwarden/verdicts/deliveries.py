"""Delivery records of one batch of copies, findable by every name that joins them. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from postwarden.sources.service import DeliveryRecord
from postwarden.vocabulary import Moment

_MINUTE = 60 * 1_000_000
SHORT_ID = 10
"""Queue ids up to this length may be reused (enable_long_queue_ids = no)."""


class DeliveryIndex:
    """Delivery records by LMTP session, queue id, file name, next queue id and redirect."""

    def __init__(self, records: Iterable[DeliveryRecord]) -> None:
        self.by_session: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self.by_storage: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self._by_queue: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self._by_next: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self._redirects: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self.submissions: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        self.ids: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
        for record in records:
            self._add(record)

    def _add(self, record: DeliveryRecord) -> None:
        if record.message_id:
            self.ids[record.message_id].append(record)
            if record.sasl_username:
                self.submissions[record.message_id].append(record)
        if record.server == "dovecot" and record.status == "redirected":
            self._redirects[record.message_id or ""].append(record)
        elif record.session_id:
            self.by_session[record.session_id].append(record)
        if record.queue_id:
            self._by_queue[record.queue_id].append(record)
        if record.next_queue_id:
            self._by_next[record.next_queue_id].append(record)
        if record.storage_id:
            self.by_storage[base_name(record.storage_id)].append(record)

    def every_redirect(self) -> Iterator[DeliveryRecord]:
        """Give the lines by which Sieve sent something on."""
        return chain.from_iterable(self._redirects.values())

    def queue(self, queue_id: str, accepted_at: Moment | None) -> list[DeliveryRecord]:
        """Find the delivery lines of a queue file; a short id also by the time of acceptance."""
        return [
            record
            for record in self._by_queue.get(queue_id, ())
            if record.recipient is not None
            and (len(queue_id) > SHORT_ID or _near(record.accepted_at, accepted_at, _MINUTE))
        ]

    def feeders(self, record: DeliveryRecord) -> list[DeliveryRecord]:
        """Find the deliveries that went on as this record's queue file ("queued as")."""
        if record.queue_id is None:
            return []
        return [
            feeder
            for feeder in self._by_next.get(record.queue_id, ())
            if _near(feeder.time, record.accepted_at, 10 * _MINUTE)
            and feeder.queue_id != record.queue_id
            and _same_id(feeder.message_id, record.message_id)
        ]

    def redirects(self, record: DeliveryRecord) -> list[DeliveryRecord]:
        """Find the Sieve redirects that submitted this record's queue file.

        Nothing in the logs names the queue file: it is the one accepted nearest in time, of the same
        message, for the target.
        """
        target = record.original_recipient or record.recipient
        return [
            redirect
            for redirect in self._redirects.get(record.message_id or "", ())
            if redirect.recipient == target and self._submitted(redirect) == record.queue_id
        ]

    def _submitted(self, redirect: DeliveryRecord) -> str | None:
        near = [
            (abs(one.accepted_at - redirect.time), one.queue_id)
            for one in self.ids.get(redirect.message_id or "", ())
            if one.server == "postfix"
            and one.accepted_at is not None
            and (one.original_recipient or one.recipient) == redirect.recipient
            and _near(one.accepted_at, redirect.time, 2 * _MINUTE)
        ]
        return min(near, default=(0, None))[1]


def base_name(name: str) -> str:
    """Give a Maildir file name without folder, flags and Dovecot's ,S= and ,W= fields."""
    return name.rpartition("/")[2].partition(":")[0].partition(",")[0]


def is_internal(record: DeliveryRecord, hosts: frozenset[str]) -> bool:
    """Tell whether the queue file came from the provider's own machines, without a login."""
    if record.origin == "local":
        return True
    if record.origin != "smtp" or record.client is None:
        return False
    name, _, address = record.client.partition("[")
    address = address.rstrip("]")
    return address == "::1" or address.startswith("127.") or name.lower() in hosts


def _near(one: Moment | None, other: Moment | None, tolerance: int) -> bool:
    return one is None or other is None or abs(one - other) <= tolerance


def _same_id(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other
