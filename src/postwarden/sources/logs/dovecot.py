"""Dovecot's own log, line by line, into delivery and access records.

A delivery through LMTP or LDA can show twice: as mail_log's `save:` (folder, uid, size) and as the
deliver line (envelope, storage id). Both of one session, account and folder become one record. A
`save:` whose deliver line never comes becomes a record of its own.
"""

from typing import NamedTuple

from postwarden.sources.logs.dovecot_lines import (
    Deliver,
    Prefix,
    Tail,
    deliver,
    old_session,
    prefix,
)
from postwarden.sources.logs.fields import address, transaction
from postwarden.sources.logs.mail_log import MailEvent, login, logout, mail_event
from postwarden.sources.logs.sessions import Sessions
from postwarden.sources.records import AccessRecord, DeliveryRecord
from postwarden.vocabulary import Moment

_DELIVERING = frozenset({"lmtp", "lda", "deliver"})
_MASTER = "Master user logging in as "
_SAVES_KEPT = 10_000
_LEARNT = 64


class _Place(NamedTuple):
    moment: Moment
    host: str
    file: str
    line: int


class _Save(NamedTuple):
    place: _Place
    said: Prefix
    event: MailEvent


class DovecotReader:
    """Takes Dovecot's lines in the order of writing.

    Args:
        sessions: who acts in which session; shared with readers of the same servers.

    Attributes:
        records: what has become known since the caller last took it; the caller empties it.
    """

    def __init__(self, sessions: Sessions | None = None) -> None:
        self.sessions = Sessions() if sessions is None else sessions
        self.records: list[DeliveryRecord | AccessRecord] = []
        self._saves: dict[tuple[str, str, str, str], _Save] = {}
        self._learning: list[tuple[DeliveryRecord, Tail]] = []
        self._trusted: frozenset[str] | None = None
        self._taught = 0
        self._file = ""

    def begin(self, file: str) -> None:
        """Say which file the next lines are from."""
        self._file = file

    def take(self, moment: Moment, host: str, message: str, line: int) -> bool:
        """Take one line, from its service name on; say whether it was understood.

        Args:
            moment: when it was written.
            host: that wrote it, lower case.
            message: such as `imap(user)<pid><session>: Info: …`.
            line: its number in the file.
        """
        said = prefix(message)
        if said is None:
            return False
        place = _Place(moment, host, self._file, line)
        if said.service in _DELIVERING:
            return bool(said.user) and self._delivering(place, said)
        if said.service == "master":
            return self._started(said)
        if said.service == "auth":
            return self._auth(said, moment)
        if said.service.endswith("-login"):
            return self._login(place, said)
        return bool(said.user) and self._acting(place, said)

    def finish(self) -> None:
        """Give what still waits: saves without a deliver line, deliver lines being learnt from."""
        self._release()
        for save in self._saves.values():
            self.records.append(_from_save(save))
        self._saves.clear()

    def _started(self, said: Prefix) -> bool:
        """Learn the log format anew when Dovecot starts: only then no process has the old one."""
        started = said.body.startswith("Dovecot v") and " starting up for " in said.body
        if started:
            self._release()
            self._taught, self._trusted = 0, None
        return started

    def _auth(self, said: Prefix, moment: Moment) -> bool:
        if not said.body.startswith(_MASTER):
            return False
        self.sessions.master_announced(said.body[len(_MASTER) :], moment)
        return True

    def _login(self, place: _Place, said: Prefix) -> bool:
        entered = login(said.body)
        if entered is None:
            return False
        visitor = self.sessions.enter(entered, place.moment)
        protocol = said.service.removesuffix("-login")
        self.records.append(
            AccessRecord(
                time=place.moment,
                host=place.host,
                account=address(entered.user),
                actor=visitor.actor,
                session=entered.session or None,
                protocol=protocol,
                address=visitor.address,
                what="login",
                folder=None,
                source_folder=None,
                uid=None,
                message_id=None,
                size=None,
                bodies=None,
                headers=None,
                messages=None,
                file=place.file,
                line=place.line,
            )
        )
        return True

    def _acting(self, place: _Place, said: Prefix) -> bool:
        event = mail_event(said.body)
        counters = logout(said.body) if event is None and said.service in ("imap", "pop3") else None
        if event is None and counters is None:
            return False
        session = said.session or None
        visitor = self.sessions.visitor(session) if event else self.sessions.leave(session)
        protocol = "dsync" if said.service.startswith("dsync") else said.service
        own = protocol if protocol in ("doveadm", "dsync") else visitor.actor
        self.records.append(
            AccessRecord(
                time=place.moment,
                host=place.host,
                account=address(said.user),
                actor=own,
                session=session,
                protocol=protocol,
                address=visitor.address,
                what=event.what if event else "logout",
                folder=event.folder if event else None,
                source_folder=event.source if event else None,
                uid=event.uid if event else None,
                message_id=event.message_id if event else None,
                size=event.size if event else None,
                bodies=counters.bodies if counters else None,
                headers=counters.headers if counters else None,
                messages=counters.messages if counters else None,
                file=place.file,
                line=place.line,
            )
        )
        return True

    def _delivering(self, place: _Place, said: Prefix) -> bool:
        session, body = old_session(said.body)
        if session:
            said = said._replace(session=session, body=body)
        event = mail_event(body)
        if event is not None and event.what in ("appended", "copied"):
            self._save(_Save(place, said, event))
            return True
        done = deliver(body)
        if done is None:
            return event is not None
        record = _from_deliver(place, said, done)
        if done.status == "saved":
            save = self._saves.pop(_key(place, said, done.target), None)
            if save is not None:
                record = record._replace(
                    uid=save.event.uid, size=save.event.size, message_id=save.event.message_id
                )
        self._learn(record, done.tail)
        return True

    def _save(self, save: _Save) -> None:
        key = _key(save.place, save.said, save.event.folder)
        earlier = self._saves.pop(key, None)
        if earlier is None and len(self._saves) >= _SAVES_KEPT:
            earlier = self._saves.pop(next(iter(self._saves)))
        if earlier is not None:
            self.records.append(_from_save(earlier))
        self._saves[key] = save

    def _learn(self, record: DeliveryRecord, tail: Tail) -> None:
        """Use only fields that every deliver line since the start has: they belong to the format.

        A field in one line alone may be the sender's, in a subject or a Message-ID. The first lines
        wait until there are enough to tell; a single line is believed nothing of this.
        """
        self._taught += 1
        self._trusted = frozenset(tail) if self._trusted is None else self._trusted & tail.keys()
        if self._taught > _LEARNT:
            self.records.append(self._filled(record, tail))
            return
        self._learning.append((record, tail))
        if self._taught == _LEARNT:
            self._release()

    def _release(self) -> None:
        if self._taught < 2:
            self._trusted = frozenset()
        self.records.extend(self._filled(record, tail) for record, tail in self._learning)
        self._learning.clear()

    def _filled(self, record: DeliveryRecord, tail: Tail) -> DeliveryRecord:
        trusted = self._trusted or frozenset()
        said = {key: value for key, value in tail.items() if key in trusted and value is not None}
        size = said.get("size", "")
        saved = record.status == "saved"
        recipient = said.get("to_envelope")
        sender = said.get("from_envelope")
        return record._replace(
            recipient=record.recipient or (address(recipient) if recipient else None),
            envelope_from=address(sender) if sender else sender,
            size=int(size) if record.size is None and size.isdecimal() else record.size,
            storage_id=(said.get("storage_id") or None) if saved else None,
        )


def _key(place: _Place, said: Prefix, folder: str | None) -> tuple[str, str, str, str]:
    return place.host, said.user, said.session, folder or ""


def _from_save(save: _Save) -> DeliveryRecord:
    event = save.event
    done = Deliver(event.message_id, "saved", event.folder, None, {})
    return _from_deliver(save.place, save.said, done)._replace(uid=event.uid, size=event.size)


def _from_deliver(place: _Place, said: Prefix, done: Deliver) -> DeliveryRecord:
    session, part = transaction(said.session)
    redirected = done.status == "redirected"
    return DeliveryRecord(
        server="dovecot",
        time=place.moment,
        host=place.host,
        instance="dovecot",
        agent="lmtp" if said.service == "lmtp" else "lda",
        queue_id=None,
        accepted_at=None,
        origin=None,
        client=None,
        sasl_username=None,
        message_id=done.message_id,
        envelope_from=None,
        original_recipient=None,
        recipient=address(done.target) if redirected and done.target else None,
        account=address(said.user),
        relay=None,
        session_id=session,
        session_part=part,
        pid=said.pid,
        status=done.status,
        dsn=None,
        size=None,
        recipients=None,
        storage_id=None,
        folder=done.target if done.status == "saved" else None,
        uid=None,
        next_queue_id=None,
        text=done.text,
        file=place.file,
        line=place.line,
    )
