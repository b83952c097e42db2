"""Joins the lines of Postfix into delivery records (log formats of Postfix 3.4 to 3.10).

Which words are believed: those that Postfix writes itself, by the program that writes them and at
their place. Header text (`warning: header …`), HELO names, reject lines and replies never count. A
reply's `queued as` is followed only when the relay is this provider's own (`fields.is_own_relay`),
`forwarded as` only from local(8), an LMTP session only from lmtp(8), which RFC 2033 section 5 keeps
off wide area networks.
"""

from postwarden.sources.logs.fields import address, is_own_relay
from postwarden.sources.logs.postfix_lines import (
    QUEUE_ID,
    client,
    forwarded_as,
    handing,
    lmtp_session,
    queued_as,
    sender,
)
from postwarden.sources.logs.postfix_queue import Key, QueueFile, QueueTable
from postwarden.sources.records import DeliveryRecord
from postwarden.vocabulary import Moment, Provider

_SECOND = 1_000_000
_KNOWN = 50_000
_TEXT = 200
_WAITING = 500


class PostfixReader:
    """Takes Postfix's lines in the order of writing and gives delivery records.

    Args:
        provider: whose own hosts are believed.
        table: keeps what is known of queue files.

    Attributes:
        records: what has become known since the caller last took it; the caller empties it.
    """

    def __init__(self, provider: Provider, table: QueueTable | None = None) -> None:
        self._hosts = provider.hosts
        self._table = QueueTable() if table is None else table
        self._tags: dict[str, tuple[str, str, int | None] | None] = {}
        self._relays: dict[str, bool] = {}
        self._settled: set[tuple[str, str]] = set()
        self._file = ""
        self.records: list[DeliveryRecord] = []
        self._handlers = {
            "smtpd": self._smtpd,
            "pickup": self._pickup,
            "cleanup": self._cleanup,
            "qmgr": self._qmgr,
            "oqmgr": self._qmgr,
            "bounce": self._bounce,
            "postsuper": self._postsuper,
        }

    def begin(self, file: str) -> None:
        """Say which file the next lines are from."""
        self._file = file

    def take(self, moment: Moment, host: str, tag: str, message: str, line: int) -> bool:
        """Take one line; say whether it was understood.

        Args:
            moment: when it was written.
            host: that wrote it, lower case.
            tag: such as `postfix/smtpd[123]`.
            message: what follows the tag.
            line: its number in the file.
        """
        try:
            known = self._tags[tag]
        except KeyError:
            known = self._learn(tag)
        if known is None:
            return False
        instance, agent, pid = known
        queue_id, colon, body = message.partition(": ")
        if not colon:
            return False
        key = (host, instance, queue_id)
        if body.startswith("to=<"):
            return self._delivery(key, agent, pid, moment, body, line)
        handler = self._handlers.get(agent)
        return handler is not None and handler(key, body, moment, line)

    def finish(self) -> None:
        """Give what still waits for lines that did not come."""
        for queue_file in self._table.drain():
            self.records.extend(queue_file.complete_waiting())

    def _learn(self, tag: str) -> tuple[str, str, int | None] | None:
        if len(self._tags) >= _KNOWN:
            self._tags.clear()
        name, _, pid = tag.rstrip("]").partition("[")
        front, slash, agent = name.rpartition("/")
        instance = front.partition("/")[0]
        known = (instance, agent, int(pid) if pid.isdecimal() and len(pid) < 12 else None)
        self._tags[tag] = known if slash else None
        return self._tags[tag]

    def _opened(self, key: Key, accepted_at: Moment | None) -> QueueFile | None:
        """Give the queue file of a line, opening it where the line is its first."""
        found = self._table.find(key)
        if found is not None:
            return found
        if not QUEUE_ID.fullmatch(key[2]):
            return None
        self._settled.add(key[:2])
        adopted = self._table.adopt(key)
        if adopted is not None:
            return adopted
        return self._new(key, accepted_at)

    def _new(self, key: Key, accepted_at: Moment | None) -> QueueFile:
        queue_file = self._table.open(key, accepted_at)
        evicted = self._table.evicted
        if evicted:
            for earlier in evicted:
                self.records.extend(earlier.complete_waiting())
            evicted.clear()
        return queue_file

    def _entered(self, key: Key, moment: Moment) -> QueueFile | None:
        """Give the queue file that smtpd or pickup opens; a new one where the id was in use."""
        found = self._table.find(key)
        if found is not None and found.client is None and found.waiting is None:
            return found
        if not QUEUE_ID.fullmatch(key[2]):
            return None
        return self._new(key, moment)

    def _smtpd(self, key: Key, body: str, moment: Moment, _line: int) -> bool:
        if not body.startswith("client="):
            return False
        queue_file = self._entered(key, moment)
        if queue_file is None:
            return False
        if key[:2] not in self._settled:
            self._table.announce(key)
        queue_file.client, login = client(body)
        queue_file.sasl_username = login
        queue_file.origin = "submission" if login else "smtp"
        return True

    def _pickup(self, key: Key, body: str, moment: Moment, _line: int) -> bool:
        if not body.startswith("uid="):
            return False
        queue_file = self._entered(key, moment)
        if queue_file is None:
            return False
        queue_file.client = body.partition(" ")[0]
        queue_file.origin = "local"
        return True

    def _cleanup(self, key: Key, body: str, moment: Moment, line: int) -> bool:
        if body.startswith("message-id="):
            queue_file = self._opened(key, moment)
            if queue_file is None:
                return False
            if queue_file.message_id is None:
                queue_file.message_id = body[11:].strip() or None
            return True
        if body.startswith(("hold: ", "milter-hold: ")):
            return self._event(key, "held", body.partition(":")[0], moment, line)
        return body.startswith("resent-message-id=")

    def _qmgr(self, key: Key, body: str, moment: Moment, line: int) -> bool:
        if body == "removed":
            queue_file = self._table.remove(key)
            if queue_file is None:
                return False
            self._note(key, queue_file, "removed", None, moment, line)
            self.records.extend(queue_file.complete_waiting())
            return True
        if not body.startswith("from=<"):
            return False
        said = sender(body)
        if said is not None:
            queue_file = self._opened(key, None)
            if queue_file is not None:
                written, queue_file.size, count = said
                if count is not None:
                    queue_file.recipients = max(count, queue_file.recipients or 0)
                queue_file.sender = address(written) if written else ""
            return queue_file is not None
        if body.endswith("expired, returned to sender"):
            return self._event(key, "expired", "returned to sender", moment, line)
        return False

    def _bounce(self, key: Key, body: str, moment: Moment, line: int) -> bool:
        what, mark, new = body.partition(" notification: ")
        if not mark or not QUEUE_ID.fullmatch(new):
            return False
        self._opened((key[0], key[1], new), moment)
        if what != "sender non-delivery":
            return True
        return self._event(key, "bounced", what + " notification", moment, line, new)

    def _postsuper(self, key: Key, body: str, moment: Moment, line: int) -> bool:
        if body == "placed on hold":
            return self._event(key, "held", body, moment, line)
        if body == "removed":
            self._event(key, "removed", "removed by postsuper", moment, line)
        if body in ("removed", "requeued"):
            queue_file = self._table.remove(key)
            if queue_file is not None:
                self.records.extend(queue_file.complete_waiting())
            return queue_file is not None
        return body == "released from hold"

    def _event(
        self,
        key: Key,
        status: str,
        text: str,
        moment: Moment,
        line: int,
        following: str | None = None,
    ) -> bool:
        queue_file = self._opened(key, None)
        if queue_file is None:
            return False
        self._note(key, queue_file, status, text, moment, line, following)
        return True

    def _delivery(
        self, key: Key, agent: str, pid: int | None, moment: Moment, body: str, line: int
    ) -> bool:
        said = handing(agent, body)
        queue_file = self._opened(key, None) if said is not None else None
        if said is None or queue_file is None:
            return False
        session = part = following = None
        if said.text is not None and said.status == "sent":
            if agent == "lmtp":
                session, part = lmtp_session(body) or (None, None)
            elif agent == "local":
                following = forwarded_as(said.text)
            if "queued as" in said.text and self._is_own(said.relay):
                following = queued_as(said.text)
        accepted_at = queue_file.accepted_at
        if accepted_at is None:
            accepted_at = moment - int(said.delay * _SECOND)
        record = DeliveryRecord(
            "postfix",
            moment,
            key[0],
            key[1],
            agent,
            key[2],
            accepted_at,
            queue_file.origin,
            queue_file.client,
            queue_file.sasl_username,
            queue_file.message_id,
            queue_file.sender,
            address(said.original) if said.original else None,
            address(said.recipient) if said.recipient else None,
            None,
            said.relay,
            session,
            part,
            pid,
            said.status,
            said.dsn,
            queue_file.size,
            queue_file.recipients,
            None,
            None,
            None,
            following,
            said.text if said.text is None else said.text[:_TEXT],
            self._file,
            line,
        )
        self._give(queue_file, record)
        return True

    def _note(
        self,
        key: Key,
        queue_file: QueueFile,
        status: str,
        text: str | None,
        moment: Moment,
        line: int,
        following: str | None = None,
    ) -> None:
        """Record something that befell a whole queue file."""
        record = DeliveryRecord(
            "postfix",
            moment,
            key[0],
            key[1],
            "",
            key[2],
            queue_file.accepted_at,
            queue_file.origin,
            queue_file.client,
            queue_file.sasl_username,
            queue_file.message_id,
            queue_file.sender,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            status,
            None,
            queue_file.size,
            queue_file.recipients,
            None,
            None,
            None,
            following,
            text,
            self._file,
            line,
        )
        self._give(queue_file, record)

    def _give(self, queue_file: QueueFile, record: DeliveryRecord) -> None:
        if queue_file.complete:
            self.records.append(record)
            return
        if queue_file.waiting is None:
            queue_file.waiting = []
        queue_file.waiting.append(record)
        if len(queue_file.waiting) >= _WAITING:
            self.records.extend(queue_file.complete_waiting())

    def _is_own(self, relay: str | None) -> bool:
        if relay is None:
            return False
        if relay not in self._relays:
            if len(self._relays) >= _KNOWN:
                self._relays.clear()
            self._relays[relay] = is_own_relay(relay, self._hosts)
        return self._relays[relay]
