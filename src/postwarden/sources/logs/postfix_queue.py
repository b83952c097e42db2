"""What is known of each queue file while its lines are read, within bounds."""

from collections.abc import Iterator

from postwarden.sources.records import DeliveryRecord
from postwarden.vocabulary import Moment

Key = tuple[str, str, str]
"""Host, instance, queue id."""


class QueueFile:
    """One queue file: what smtpd, pickup, cleanup and qmgr said of it, and lines waiting for it."""

    __slots__ = (
        "accepted_at",
        "client",
        "message_id",
        "origin",
        "recipients",
        "sasl_username",
        "sender",
        "size",
        "waiting",
    )

    def __init__(self, accepted_at: Moment | None) -> None:
        self.accepted_at = accepted_at
        self.origin: str | None = None
        self.client: str | None = None
        self.sasl_username: str | None = None
        self.message_id: str | None = None
        self.sender: str | None = None
        self.size: int | None = None
        self.recipients: int | None = None
        self.waiting: list[DeliveryRecord] | None = None

    @property
    def complete(self) -> bool:
        """Whether a delivery line can be completed without waiting for others."""
        return self.origin is not None and self.message_id is not None and self.sender is not None

    def complete_waiting(self) -> Iterator[DeliveryRecord]:
        """Give the records that waited, with what became known since; they wait no longer."""
        for record in self.waiting or ():
            yield record._replace(
                accepted_at=record.accepted_at if self.accepted_at is None else self.accepted_at,
                origin=self.origin,
                client=self.client,
                sasl_username=self.sasl_username,
                message_id=self.message_id,
                envelope_from=self.sender,
                size=self.size,
                recipients=self.recipients,
            )
        self.waiting = None


class QueueTable:
    """Queue files by host, instance and queue id; the oldest give way when there are too many.

    A removed file is remembered for a while, because lines of different processes can arrive out of
    order; then its id may be used again.

    Args:
        cap: how many live files are kept.
        remembered: how many removed ones.
    """

    def __init__(self, cap: int = 200_000, remembered: int = 4_096) -> None:
        self._live: dict[Key, QueueFile] = {}
        self._gone: dict[Key, QueueFile] = {}
        self._fronts: dict[tuple[str, str], Key] = {}
        self._cap = cap
        self._remembered = remembered
        self.evicted: list[QueueFile] = []

    def __len__(self) -> int:
        return len(self._live) + len(self._gone)

    def find(self, key: Key) -> QueueFile | None:
        """Give the file in use under this key, or one just removed."""
        return self._live.get(key) or self._gone.get(key)

    def open(self, key: Key, accepted_at: Moment | None) -> QueueFile:
        """Begin a new use of a queue id; an earlier one goes to `evicted`."""
        self._gone.pop(key, None)
        earlier = self._live.pop(key, None)
        if earlier is not None:
            self.evicted.append(earlier)
        elif len(self._live) >= self._cap:
            self.evicted.append(self._live.pop(next(iter(self._live))))
        queue_file = self._live[key] = QueueFile(accepted_at)
        return queue_file

    def announce(self, key: Key) -> None:
        """Remember that a front end (an smtpd with its own syslog name) opened this file."""
        if len(self._fronts) >= self._cap:
            del self._fronts[next(iter(self._fronts))]
        self._fronts[key[0], key[2]] = key

    def adopt(self, key: Key) -> QueueFile | None:
        """Take over the file that a front end opened under another syslog name, if there is one."""
        front = self._fronts.pop((key[0], key[2]), None)
        queue_file = self._live.pop(front, None) if front is not None else None
        if queue_file is None or queue_file.message_id is not None:
            return None
        self._live[key] = queue_file
        return queue_file

    def remove(self, key: Key) -> QueueFile | None:
        """Note that the file is gone and give it."""
        queue_file = self._live.pop(key, None)
        if queue_file is not None:
            if len(self._gone) >= self._remembered:
                del self._gone[next(iter(self._gone))]
            self._gone[key] = queue_file
        return queue_file

    def drain(self) -> Iterator[QueueFile]:
        """Give every file still there, at the end of the logs."""
        yield from self._live.values()
        self._live.clear()
        self._gone.clear()
