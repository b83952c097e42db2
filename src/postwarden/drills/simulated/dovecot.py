"""Dovecot 2.3.19's LMTP server with Pigeonhole: what it stores, and what it logs.

With several recipients in one transaction the copies are hard links of one file, carry neither
Delivered-To nor "for", and share one session id; equal recipients make one copy. The formats are
those of `deliver_log_format` with storage_id, to_envelope and from_envelope, and of mail_log.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from postwarden.drills.simulated.clock import SECOND, local
from postwarden.drills.simulated.events import export
from postwarden.drills.simulated.letters import Letter
from postwarden.drills.simulated.logs import DOVECOT, Line
from postwarden.drills.simulated.maildir import INBOX, Copy
from postwarden.drills.simulated.records import Arrival, Handover, Queued
from postwarden.drills.simulated.site import HOST, Site

_MESSAGE_ID = re.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_DISCARDED = (
    "discard action: Marked message to be discarded if not explicitly delivered (discard action)"
)
Submit = Callable[[Letter, bytes, str, str, Arrival], None]


@dataclass(frozen=True)
class Reply:
    """The reply to one recipient: the session id named, and how often its connection was used."""

    session: str
    use: int


@dataclass
class _Connection:
    session: str
    pid: int
    transactions: int
    last: int


@dataclass(frozen=True)
class _Data:
    """What one transaction's DATA made: the same file for all its recipients."""

    queued: Queued
    content: bytes
    name: str
    inode: int
    pid: int
    alone: bool
    stored: list[Arrival] = field(default_factory=list)


class Dovecot:
    """One Dovecot; `submit` is where its Sieve scripts send redirected mail."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._connections: list[_Connection] = []
        self._pid = 11_000
        self.submit: Submit | None = None

    def session_id(self) -> str:
        """Make a session id."""
        return base64.b64encode(self._site.dice.randbytes(16)).decode().rstrip("=")

    def new_pid(self) -> int:
        """Give the process id of a new process."""
        self._pid += self._site.dice.randint(1, 9)
        return self._pid

    def deliver(self, queued: Queued, handovers: list[Handover]) -> list[Reply]:
        """Run one LMTP transaction; give a reply to each recipient, in order."""
        site, connection = self._site, self._connection()
        session = connection.session
        if connection.transactions > 1:
            session += f":T{connection.transactions}"
        targets = list(dict.fromkeys(handover.recipient.final for handover in handovers))
        alone = len(handovers) == 1
        content = self._trace(queued, session, targets if alone else []) + queued.content
        name = site.store.file_name(site.clock.tick(900), connection.pid, content)
        data = _Data(queued, content, name, site.store.new_inode(), connection.pid, alone)
        sessions = {
            target: session if place == 1 else f"{session}:R{place}"
            for place, target in enumerate(targets, 1)
        }
        for target in targets:
            folded = [handover for handover in handovers if handover.recipient.final == target]
            self._to_user(data, folded, sessions[target])
        connection.last = site.clock.now
        return [
            Reply(sessions[handover.recipient.final], connection.transactions)
            for handover in handovers
        ]

    def _to_user(self, data: _Data, folded: list[Handover], session: str) -> None:
        site, now = self._site, self._site.clock.now
        named = site.live.at(now).account_of(folded[0].recipient.final)
        if named is None:
            return
        account = site.user_of(named, now)
        arrival = Arrival(account, session, data.name, now, data.alone, folded)
        data.queued.arrivals.append(arrival)
        sieve = site.sieve.get(account)
        acting = sieve if sieve is not None and sieve.applies(data.queued.letter) else None
        action = acting.action if acting is not None else ""
        target = acting.target if acting is not None else ""
        sent_on = []
        if action in ("redirect", "redirect-copy"):
            sent_on.append(("forwarded", [self._redirect(data, arrival, target)]))
        if action == "discard":
            self._report(data, arrival, _DISCARDED, sieve=True, stored=False)
        if action not in ("redirect", "discard"):
            folder = target if action == "fileinto" else INBOX
            copy = self._save(data, arrival, folder, sieve=sieve is not None)
            copy.done += sent_on

    def _save(self, data: _Data, arrival: Arrival, folder: str, *, sieve: bool) -> Copy:
        site, letter = self._site, data.queued.letter
        arrival.folder, arrival.peers = folder, data.stored
        data.stored.append(arrival)
        changed = site.alter(arrival, data.content)
        if changed != data.content:
            name = site.store.file_name(site.clock.tick(900), data.pid, changed)
            data = replace(data, content=changed, name=name, inode=site.store.new_inode())
            arrival.name = name
        home = site.home_of(arrival.account, site.clock.now)
        if site.store.taken(home, folder, arrival.name):
            arrival.name = site.store.file_name(site.clock.tick(900), data.pid, data.content)
        uid = site.store.next_uid(home, folder)
        copy = Copy(
            home=home,
            folder=folder,
            name=arrival.name,
            content=data.content,
            letter=letter,
            put_by="lmtp",
            uid=uid,
            internal_date=site.clock.now,
            inode=data.inode,
            arrival=arrival,
        )
        site.store.add(copy)
        self._export_opening(arrival, folder, uid)
        size = len(data.content)
        site.logs.write(
            DOVECOT,
            _source(data, arrival),
            f"save: box={folder}, uid={uid}, msgid={logged_id(letter)}, size={size}, "
            f"from={shown(letter)}",
        )
        ending = f"saved mail to {folder}"
        if sieve:
            action = "" if folder == INBOX else "fileinto action: "
            ending = f"{action}stored mail into mailbox '{folder}'"
        arrival.line = self._report(data, arrival, ending, sieve=sieve, stored=True)
        return copy

    def _export_opening(self, arrival: Arrival, folder: str, uid: int) -> None:
        """LMTP itself opens what it saves, when a header is not cached: no reader did."""
        if self._site.dice.random() < 0.5:
            fields = {
                "reason_code": ["lmtp:cmd_data"],
                "duration": 21,
                "protocol": "lmtp",
                "remote_ip": "127.0.0.1",
                "session": arrival.session,
                "rcpt_to": arrival.handovers[0].recipient.final,
                "user": arrival.account,
                "mailbox": folder,
                "reason": "header Message-ID (Cache file is unusable)",
                "seq": uid,
                "uid": uid,
                "mail_age_days": 0,
            }
            export(self._site, "mail_opened", fields)

    def _report(
        self, data: _Data, arrival: Arrival, ending: str, *, sieve: bool, stored: bool
    ) -> Line:
        sender = data.queued.sender
        found = _MESSAGE_ID.search(data.queued.letter.message_id or "")
        return self._site.logs.write(
            DOVECOT,
            _source(data, arrival),
            f"{'sieve: ' if sieve else ''}msgid={found.group() if found else 'unspecified'}, "
            f"from={sender}, size={len(data.content)}, "
            f"storage_id={arrival.name if stored else ''} "
            f"to_envelope={arrival.handovers[0].recipient.final} from_envelope={sender}: {ending}",
        )

    def _redirect(self, data: _Data, arrival: Arrival, target: str) -> Line:
        head = (
            "X-Sieve: Pigeonhole Sieve 0.5.19 (4eae2f79)\n"
            f"X-Sieve-Redirected-From: {arrival.account}\n"
        )
        content = head.encode() + data.content.partition(b"\n")[2]
        if self.submit is not None:
            self.submit(data.queued.letter, content, data.queued.sender, target, arrival)
        ending = f"redirect action: forwarded to <{target}>"
        arrival.line = self._report(data, arrival, ending, sieve=True, stored=False)
        return arrival.line

    def _trace(self, queued: Queued, session: str, target: list[str]) -> bytes:
        when = f"{local(self._site.clock.now):%a, %d %b %Y %H:%M:%S %z}"
        to = f"Delivered-To: {target[0]}\n" if target else ""
        ending = f"\n\tfor <{target[0]}>; {when}" if target else f"; {when}"
        return (
            f"Return-Path: <{queued.sender}>\n{to}Received: from {HOST} ([127.0.0.1])\n"
            f"\tby {HOST} with LMTP\n\tid {session}\n\t(envelope-from <{queued.sender}>){ending}\n"
        ).encode()

    def _connection(self) -> _Connection:
        now = self._site.clock.now
        self._connections = [one for one in self._connections if now - one.last < 2 * SECOND]
        if self._connections and self._site.dice.random() < 0.7:
            connection = self._connections[0]
            connection.transactions += 1
            return connection
        connection = _Connection(self.session_id(), self.new_pid(), 1, now)
        self._connections.append(connection)
        self._site.logs.write(DOVECOT, f"lmtp({connection.pid})", "Connect from 127.0.0.1")
        return connection


def _source(data: _Data, arrival: Arrival) -> str:
    return f"lmtp({arrival.account})<{data.pid}><{arrival.session}>"


def logged_id(letter: Letter) -> str:
    """Give a Message-ID as mail_log writes it; nothing when there is none."""
    return masked(letter.message_id or "")


def shown(letter: Letter) -> str:
    """Give From as mail_log writes it."""
    return masked(letter.from_)


def masked(text: str) -> str:
    """Mask what Dovecot's loggers mask (str_sanitize)."""
    return "".join(char if char.isprintable() else "?" for char in text)[:200]
